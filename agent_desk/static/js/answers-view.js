// 知识答案: three cards at most. A card is the same element as long as its article stands there.

import { emptyWords, marked, noAnswers, placed, released, waitingWords } from './answers.js';
import { fill, h, key, need, say, show } from './dom.js';
import { clock } from './format.js';

const ADOPT = ['Q', 'W', 'E'];
const OPEN = ['5', '6', '7'];

/** Emits `change` when what waited takes its place, `shown` with the cards that stand now. */
export class AnswersView extends EventTarget {
  #zone;
  #cards;
  #places = noAnswers();
  #nodes = new Map();
  #open = new Set();
  #painted = '';
  #pointer = false;

  constructor(zone) {
    super();
    this.#zone = zone;
    this.#cards = need('#answers', zone);
    const body = need('.body', zone);
    body.addEventListener('pointerenter', () => { this.#pointer = true; });
    body.addEventListener('pointerleave', () => { this.#pointer = false; this.#letGo(); });
    body.addEventListener('focusout', () => setTimeout(() => this.#letGo(), 0));
  }

  /** The card in this place (0 is the first), or undefined. */
  at(place) {
    return this.#places.cards[place];
  }

  /** `frame` the newest answers of this call with `at` of their arrival; `used` by article
   * `{ at }` where it was adopted; `marks` says of an article what became of the agent's
   * opinion (answers-marks.js). `lost`: the server is out of reach. */
  paint({ call, frame, heard, used, marks, lost }) {
    const before = this.#places.cards;
    this.#places = placed(this.#places, call, frame, this.#held);
    if (this.#places.cards !== before) this.#settled();
    this.#paintCards(used, marks);
    const waiting = waitingWords(this.#places);
    say(need('#answers-new', this.#zone), waiting);
    show(need('#answers-new', this.#zone), waiting !== '');
    const empty = need('#answers-empty', this.#zone);
    show(empty, this.#places.cards.length === 0);
    const [title, text] = emptyWords({ call, frame, heard });
    fill(empty, h('b', {}, title), text);
    const old = this.#places.cards.length > 0 && (lost || Boolean(frame?.trouble));
    show(need('#answers-old', this.#zone), old);
    const why = lost ? '连不上服务器' : `暂时查不到新的知识（${frame?.trouble}）`;
    if (old) say(need('#answers-old', this.#zone), `${why}，这是 ${clock(frame?.at ?? 0)} 的口径`);
    this.#zone.classList.toggle('z-answers--old', old);
  }

  /** 有新答案 was pressed: now, wherever the pointer is. */
  renew() {
    this.#places = released(this.#places);
    this.#settled();
    this.#change();
  }

  /** A card opened whole, or closed again; the key brings it into sight. */
  toggle(place, seen = false) {
    const article = this.at(place)?.article;
    if (!article) return;
    if (!this.#open.delete(article)) this.#open.add(article);
    this.#painted = '';
    this.#change();
    if (seen) this.#nodes.get(article).scrollIntoView({ block: 'nearest' });
  }

  /** The place of the card an element stands in. */
  placeOf(el) {
    const article = el.closest('[data-article]')?.dataset.article;
    return this.#places.cards.findIndex((card) => card.article === article);
  }

  get #held() {
    return this.#pointer || this.#cards.contains(document.activeElement);
  }

  #letGo() {
    if (this.#held || !this.#places.next) return;
    this.renew();
  }

  #settled() {
    this.#painted = '';
    this.dispatchEvent(new CustomEvent('shown', { detail: this.#places.cards }));
  }

  #change() {
    this.dispatchEvent(new Event('change'));
  }

  #paintCards(used, marks) {
    const { cards } = this.#places;
    const said = cards.map((card) => marks(card.article));
    const seal = JSON.stringify([cards, used, said]);
    if (seal === this.#painted) return;
    this.#painted = seal;
    const kept = new Map();
    cards.forEach((card, place) => {
      const node = this.#nodes.get(card.article) ?? h('article', { class: 'ans', 'data-article': card.article });
      node.classList.toggle('ans--inner', card.internal);
      node.classList.toggle('ans--open', this.#open.has(card.article));
      if (card.gone) voidNode(node);
      else fillCard(node, card, { place, open: this.#open.has(card.article), use: used[card.article] ?? null, mark: said[place] });
      kept.set(card.article, node);
      if (this.#cards.children[place] !== node) this.#cards.insertBefore(node, this.#cards.children[place] ?? null);
    });
    for (const [article, node] of this.#nodes) if (kept.get(article) !== node) node.remove();
    this.#nodes = kept;
    for (const article of this.#open) if (!kept.has(article)) this.#open.delete(article);
  }
}

/** The card in its element: its parts are exchanged one by one, so that the button under the pointer
 * stays the same. `place` null: found by hand, no key adopts it; `usable`: there is a form for it. */
export function fillCard(node, card, { place = null, open, use, mark, usable = true }) {
  if (node.classList.contains('ans--gone')) restore(node);
  if (!node.firstChild) node.append(...skeleton(`${place === null ? 'found' : 'ans'}-${card.article}`));
  fill(need('h3', node),
    place === null ? null : h('span', { class: 'n' }, String(place + 1)),
    card.internal ? h('span', { class: 'inner' }, '内部 勿读给来电人') : null,
    card.internal ? ' ' : null, texts(card.title, card.title_spans));
  fill(need('.say', node), texts(card.words, card.words_spans));
  const basis = open ? card.basis.map((b) => h('span', { class: 'line' }, b)) : [card.basis.join('、')];
  fill(need('.src', node),
    h('span', { class: 'line' }, card.internal ? null : '外部　', basis.length && basis[0] !== '' ? basis : '没有列出依据'),
    h('span', { class: 'line' }, [card.unit, card.source, `第 ${card.version} 版`].filter(Boolean).join('　')));
  paintActs(node, card, { place, open, use, mark, usable });
}

// As high as it was, so that nothing moves under the hand.
function voidNode(node) {
  if (node.classList.contains('ans--gone')) return;
  node.style.minBlockSize = `${node.getBoundingClientRect().height}px`;
  node.classList.add('ans--gone');
  fill(node, h('p', { class: 'say', role: 'status' }, '这条知识已停用或更新，请勿再读给来电人'));
}

function restore(node) {
  node.style.minBlockSize = '';
  node.classList.remove('ans--gone');
  fill(node);
}

function paintActs(node, card, { place, open, use, mark, usable }) {
  const [adopt, whole, wrong] = ['adopt', 'open-answer', 'wrong'].map((name) => need(`[data-do=${name}]`, node));
  show(adopt, usable && !card.internal);
  show(wrong, usable);
  show(need('.not', node), card.internal);
  fill(adopt, use ? '已采用' : '采用', ...(place === null ? [] : [' ', key(`Alt ${ADOPT[place]}`)]));
  adopt.setAttribute('aria-pressed', String(use !== null));
  fill(whole, open ? '收起' : '全文', ...(place === null ? [] : [' ', key(`Alt ${OPEN[place]}`)]));
  whole.setAttribute('aria-expanded', String(open));
  const isWrong = mark.kind === 'wrong';
  fill(wrong, isWrong ? '已标不对' : '不对');
  wrong.setAttribute('aria-pressed', String(isWrong));
  for (const button of [adopt, whole, wrong]) button.setAttribute('aria-describedby', need('h3', node).id);
  say(need('.used', node), [use ? `${clock(use.at)} 已写入答复` : '', markWords(mark)].filter(Boolean).join('，'));
}

function markWords({ kind, state, why }) {
  if (state === 'refused') return why;
  if (kind === 'wrong') return state === 'kept' ? '已告诉知识编辑' : '正在告诉知识编辑';
  return '';
}

const skeleton = (id) => [
  h('h3', { id }), h('p', { class: 'say' }), h('p', { class: 'src' }),
  h('div', { class: 'do' },
    h('button', { class: 'btn btn--small', type: 'button', 'data-do': 'adopt' }),
    h('span', { class: 's12 soft not' }, '不可采用到答复'),
    h('button', { class: 'btn btn--plain btn--small', type: 'button', 'data-do': 'open-answer' }),
    h('button', { class: 'btn btn--plain btn--small', type: 'button', 'data-do': 'wrong', title: '与来电人问的不符，或有错' }),
    h('span', { class: 's12 soft used', role: 'status' })),
];

const texts = (text, spans) => marked(text, spans).map((part) => (part.marked ? h('mark', {}, part.text) : part.text));
