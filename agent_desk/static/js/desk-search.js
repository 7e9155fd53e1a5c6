// The agent's own search of the knowledge base, above the cards that come by themselves. What was
// searched, and that nothing was found, is written down for the editors by the server.

import { fillCard } from './answers-view.js';
import { Refusal, post } from './api.js';
import { now } from './clock.js';
import { h, need, say, show } from './dom.js';
import { clock } from './format.js';

const AGAIN_MS = 15000;
const SLOW_MS = 400;

/** Emits `change` when what stands there is other. */
export class DeskSearch extends EventTarget {
  #box;
  #input;
  #list;
  #said;
  #cards = [];
  #nodes = new Map();
  #open = new Set();
  #words = '';
  #call = null;
  #at = 0;
  #turn = 0;

  constructor(zone) {
    super();
    this.#box = need('#found-box', zone);
    this.#input = need('#find-q', zone);
    this.#list = need('#found', zone);
    this.#said = need('#found-said', zone);
    need('#find', zone).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#seek();
    });
    // An article may be withdrawn while it is read: what stands here is looked up again.
    setInterval(() => { if (this.#cards.length && !document.hidden) this.#look(); }, AGAIN_MS);
  }

  get cards() { return this.#cards; }

  /** `usable`: a form of this call can take a wording; `used` and `marks` as in AnswersView. */
  paint({ call, used, marks, usable }) {
    if (call !== this.#call) this.close();
    this.#call = call;
    const kept = new Map();
    for (const [place, card] of this.#cards.entries()) {
      const node = this.#nodes.get(card.article) ?? h('article', { class: 'ans', 'data-found': card.article });
      node.classList.toggle('ans--inner', card.internal);
      node.classList.toggle('ans--open', this.#open.has(card.article));
      fillCard(node, card, {
        open: this.#open.has(card.article), use: used[card.article] ?? null, mark: marks(card.article), usable,
      });
      kept.set(card.article, node);
      if (this.#list.children[place] !== node) this.#list.insertBefore(node, this.#list.children[place] ?? null);
    }
    for (const [article, node] of this.#nodes) if (kept.get(article) !== node) node.remove();
    this.#nodes = kept;
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  /** What was found goes. Returns whether anything stood there. */
  close() {
    const was = !this.#box.hidden;
    this.#turn += 1;
    this.#cards = [];
    this.#words = '';
    this.#open.clear();
    show(this.#box, false);
    if (was) this.#changed();
    return was;
  }

  toggle(card) {
    if (!this.#open.delete(card.article)) this.#open.add(card.article);
    this.#changed();
  }

  /** The place of the card an element stands in; -1 elsewhere. */
  placeOf(el) {
    const article = el.closest('[data-found]')?.dataset.found;
    return this.#cards.findIndex((card) => card.article === article);
  }

  /** Whether this card may still be read out, asked now. */
  async stands(card) {
    await this.#look();
    return this.#cards.some((one) => one.article === card.article && one.version === card.version);
  }

  async #seek() {
    const words = this.#input.value.trim();
    if (!words) return this.close();
    this.#words = words;
    this.#open.clear();
    this.#cards = [];
    show(this.#box, true);
    say(this.#said, '');
    this.#changed();
    const turn = this.#turn + 1;
    const slow = setTimeout(() => { if (turn === this.#turn) say(this.#said, '正在查'); }, SLOW_MS);
    await this.#ask({ words, call: this.#call });
    return clearTimeout(slow);
  }

  /** The same again, which is not written down a second time. */
  #look() {
    return this.#ask({ words: this.#words, call: this.#call, again: true });
  }

  async #ask(body) {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const { cards, total } = await post('/api/knowledge/search', body);
      if (turn !== this.#turn) return;
      this.#cards = cards;
      this.#at = now();
      say(this.#said, toldOf(body.words, cards, total));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (turn !== this.#turn) return;
      if (refusal.status) this.#cards = [];
      say(this.#said, this.#cards.length ? `连不上服务器，这是 ${clock(this.#at)} 查到的` : refusal.message);
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

function toldOf(words, cards, total) {
  if (cards.length === 0) return `没有找到“${words}”，已记给知识编辑（号码不记）。换成来电人的说法，或只留要紧的两三个词再试。`;
  return total > cards.length ? `“${words}”找到 ${total} 条，列前 ${cards.length} 条` : `“${words}”找到 ${total} 条`;
}
