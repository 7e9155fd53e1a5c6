// 通话原话: what both sides say, live. Finals are firm, partials grey, a gap says its seconds. The
// words a slot of the form came from are marked, and lead to it.

import { h, say, show } from './dom.js';
import { clock } from './format.js';
import { pieces } from './slots.js';

const WHO = { caller: '来电人', agent: '我' };
const AT_END_PX = 60;
const FOCUS_HOLDS_MS = 5000;

/** The lines stay the same elements as long as they say the same: a selection in them survives. */
export class SpokenView {
  #zone;
  #body;
  #list = h('ol', { class: 'words words--clock' });
  #lines = [];
  #live = [];
  #shown = { words: undefined, marks: null };
  #held = null;
  #below;
  #unread = 0;

  /** `below` is the button that says how many new lines there are for who scrolled up. */
  constructor(zone, below) {
    this.#zone = zone;
    this.#body = zone.parentElement;
    this.#below = below;
    this.#body.addEventListener('scroll', () => { if (this.#unread && this.#atEnd()) this.#count(0); });
  }

  /** To the newest words. */
  catchUp() {
    this.#held = null;
    this.#toEnd();
  }

  /** `words`: `{ finals: [said…], partials: { caller, agent } }` of one call, or undefined; `marks`
   * as slots.js gives them; `lit`: `{ slot, hover, since }`, the slot somebody looks at. */
  paint(words, marks = [], lit = { slot: '' }) {
    const holds = lit.slot !== '' && (lit.hover || performance.now() - lit.since < FOCUS_HOLDS_MS);
    if (!holds) this.#letGo();
    if (words === this.#shown.words && marks === this.#shown.marks) return;
    // Asking how far it is scrolled costs a layout of the whole page: only for what is new.
    const atEnd = this.#held?.atEnd ?? this.#atEnd();
    const before = this.#lines.length;
    this.#shown = { words, marks };
    this.#paintLines(words?.finals ?? [], marks);
    this.#paintLive(words?.partials ?? {});
    if (holds) this.#showLit(lit.slot, atEnd);
    else if (atEnd) this.#toEnd();
    if (this.#lines.length < before) this.#count(0);
    else if (!this.#atEnd()) this.#count(this.#unread + this.#lines.length - before);
  }

  #count(unread) {
    this.#unread = unread;
    show(this.#below, unread > 0);
    if (unread > 0) say(this.#below, `↓ ${unread} 句新话`);
  }

  #paintLines(finals, marks) {
    const of = (said) => marks.filter((m) => m.leg === said.leg && m.from_s === said.from_s);
    finals.forEach((said, i) => {
      const own = said.gap_s === null ? of(said) : [];
      const seal = JSON.stringify([said, own]);
      const line = this.#lines[i];
      if (line?.seal === seal) return;
      const el = firm(said, own);
      if (line) line.el.replaceWith(el);
      else this.#list.insertBefore(el, this.#live[0] ?? null);
      this.#lines[i] = { seal, el };
    });
    for (const { el } of this.#lines.splice(finals.length)) el.remove();
  }

  #paintLive(partials) {
    for (const el of this.#live) el.remove();
    this.#live = Object.values(partials).filter((said) => said && said.text).map(live);
    this.#list.append(...this.#live);
    const any = this.#list.firstChild !== null;
    if (any !== (this.#list.parentNode === this.#zone)) this.#zone.replaceChildren(...(any ? [this.#list] : []));
  }

  /** Scrolls to the words of a slot; the newest words come back when nobody looks any more. */
  #showLit(slot, atEnd) {
    const mark = this.#list.querySelector('.ev--lit');
    if (!mark || this.#held?.slot === slot) return;
    this.#held = { slot, atEnd };
    const [zone, at] = [this.#body.getBoundingClientRect(), mark.getBoundingClientRect()];
    if (at.top < zone.top) this.#body.scrollTop -= zone.top - at.top + 24;
    else if (at.bottom > zone.bottom) this.#body.scrollTop += at.bottom - zone.bottom + 24;
  }

  // Whoever scrolled up to read is left there; everybody else sees the newest words.
  #letGo() {
    if (this.#held?.atEnd) this.#toEnd();
    this.#held = null;
  }

  #atEnd() {
    return this.#body.scrollHeight - this.#body.scrollTop - this.#body.clientHeight < AT_END_PX;
  }

  #toEnd() {
    this.#body.scrollTop = this.#body.scrollHeight;
    this.#count(0);
  }
}

function firm(said, marks) {
  if (said.gap_s !== null) {
    return h('li', { class: 'gap' }, `转写中断 ${Math.round(said.gap_s)} 秒，录音完整`);
  }
  return h('li', { class: said.leg }, h('time', { class: 'num' }, clock(said.at)),
    h('span', { class: 'who' }, WHO[said.leg]),
    h('p', {}, pieces(said.text, marks).map(piece), said.alarm ? h('span', { class: said.level === 'amber' ? 'life life--amber' : 'life' }, said.alarm) : null));
}

// No stop of the Tab key: with the keyboard one goes to the slot, and the slot tells the words.
function piece({ text, slots, ends, firm: sure, lit }) {
  if (slots.length === 0) return text;
  const kind = `ev${sure ? '' : ' ev--maybe'}${lit ? ' ev--lit' : ''}`;
  return h('span', { class: kind, 'data-evidence': slots.join(' ') },
    text, ends.map((mark) => h('sup', {}, mark)));
}

const live = (said) => h('li', { class: `${said.leg} live` },
  h('time', { class: 'num' }, clock(said.at)),
  h('span', { class: 'who' }, WHO[said.leg]), h('p', {}, said.text));

/** The words of a desk after one more frame; pure. `all` is a Map by call. */
export function withSaid(all, said) {
  const next = new Map(all);
  const before = next.get(said.call) ?? { finals: [], partials: {} };
  const partials = { ...before.partials, [said.leg]: said.final ? null : said };
  const finals = said.final ? [...before.finals, said] : before.finals;
  next.set(said.call, { finals, partials });
  return next;
}

/** The final these words are part of, or null. Several finals can begin in the same second. */
export function finalOf(words, { leg, from_s, words: part }) {
  const own = (words?.finals ?? []).filter((s) => s.leg === leg && s.from_s === from_s && s.gap_s === null);
  return own.find((s) => s.text.includes(part)) ?? null;
}
