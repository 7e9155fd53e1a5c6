// 转接: whom to, at once or after asking. Not a dialog: the telephone keys go on working.

import { get } from './api.js';
import { fill, h, need, say, show } from './dom.js';
import { duration } from './format.js';
import { since } from './clock.js';
import { STATES, STATE_MARK } from './words.js';

const ORDER = ['ready', 'wrap-up', 'talking', 'held', 'ringing', 'paused', 'offline'];

/** Emits `blind` and `consult` with detail { number, name }. */
export class TransferPanel extends EventTarget {
  #root;
  #own;
  #seats = [];
  #back = null;

  constructor(root, own) {
    super();
    this.#root = root;
    this.#own = own;
    need('input', root).addEventListener('input', () => this.#paint());
    root.addEventListener('keydown', (e) => this.#key(e));
    root.addEventListener('click', (e) => this.#click(e));
  }

  get isOpen() { return !this.#root.hidden; }

  async open() {
    this.#back = document.activeElement;
    show(this.#root, true);
    const input = need('input', this.#root);
    input.value = '';
    input.focus();
    say(need('.hint', this.#root), '正在取席位');
    try {
      this.#seats = (await get('/api/seats')).seats.filter((s) => s.agent !== this.#own);
      say(need('.hint', this.#root), 'Enter 先问后转，Shift Enter 直接转，Esc 关闭');
    } catch (refusal) {
      say(need('.hint', this.#root), `${refusal.message}；仍可直接输入工号`);
    }
    this.#paint();
  }

  close() {
    if (!this.isOpen) return;
    show(this.#root, false);
    this.#back?.focus?.();
  }

  #rows() {
    const wanted = need('input', this.#root).value.trim();
    return this.#seats
      .filter((s) => !wanted || s.agent.startsWith(wanted) || s.name.includes(wanted))
      .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.agent.localeCompare(b.agent));
  }

  #paint() {
    const rows = this.#rows();
    fill(need('ul', this.#root), rows.length === 0
      ? h('li', { class: 'muted' }, '没有这个工号或姓名的席位')
      : rows.map((s) => this.#row(s)));
  }

  #row(seat) {
    const can = seat.state === 'ready' || seat.state === 'wrap-up';
    const button = (how, word) => h('button', {
      class: 'btn btn--small', type: 'button', 'data-how': how, 'data-number': seat.agent,
      'data-name': seat.name, 'aria-label': `${word} ${seat.agent} ${seat.name}`,
    }, word);
    return h('li', { class: can ? '' : 'muted' },
      h('span', { class: 'num' }, seat.agent), h('span', { class: 'one' }, seat.name),
      h('span', { class: `st st--${STATE_MARK[seat.state]}` }, STATES[seat.state]),
      h('span', { class: 'num muted' }, duration(since(seat.since))),
      can ? [button('consult', '先问后转'), button('blind', '直接转')] : null);
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter') {
      const typed = need('input', this.#root).value.trim();
      if (event.target.tagName !== 'INPUT') return;
      event.preventDefault();
      const [seat] = this.#rows();
      const number = seat?.agent ?? (/^\d{2,6}$/.test(typed) ? typed : '');
      if (number) this.#choose(event.shiftKey ? 'blind' : 'consult', number, seat?.name ?? number);
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.#step(event);
  }

  #step(event) {
    const stops = [need('input', this.#root), ...this.#root.querySelectorAll('li button')];
    const at = stops.indexOf(document.activeElement);
    const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #click(event) {
    const button = event.target.closest('[data-how]');
    if (button) this.#choose(button.dataset.how, button.dataset.number, button.dataset.name);
  }

  #choose(how, number, name) {
    this.close();
    this.dispatchEvent(new CustomEvent(how, { detail: { number, name } }));
  }
}
