// Whom to call back, for 我的待办: the first few, asked for every few seconds, each with its button.

import { get, post } from './api.js';
import { h, need } from './dom.js';
import { when } from './format.js';

const EVERY_MS = 10_000;
// The seat's telephone rings no longer than this; what is said of it must not outlive the call.
const SAID_MS = 12_000;

/** `rows` as GET /api/return-calls gives them, `open` how many there are in all: read whenever the
 * desk is painted, once a second. */
export class OwedCalls {
  rows = [];
  open = 0;
  #tell;
  #dialled;

  /** `tell(sentence)` speaks to the agent; `dialled()` comes when the seat is about to ring. */
  constructor(tell, dialled) {
    this.#tell = tell;
    this.#dialled = dialled;
    document.addEventListener('click', (event) => {
      const button = event.target.closest('[data-return]');
      if (button) this.#dial(button);
    });
    setInterval(() => this.look(), EVERY_MS);
    this.look();
  }

  async look() {
    if (document.hidden) return;
    try {
      const { rows, open } = await get('/api/return-calls');
      [this.rows, this.open] = [rows, open];
    } catch {
      return; // the desk says by itself that the server is away
    }
  }

  async #dial(button) {
    button.disabled = true;
    try {
      const { said } = await post(`/api/return-calls/${button.dataset.return}/dial`, {});
      this.#tell(said);
      setTimeout(() => { if (need('#note-text').textContent === said) this.#tell(''); }, SAID_MS);
      this.#dialled();
    } catch (refusal) {
      this.#tell(refusal.message);
    }
    this.look();
  }
}

/** The lines of the list, and one more when there are others. */
export function owedLines({ rows, open }) {
  const lines = rows.map(owedLine);
  if (open > rows.length) {
    lines.push(h('li', {}, h('a', { class: 's13', href: '/return-calls', target: '_blank' }, `全部 ${open} 件回拨`)));
  }
  return lines;
}

function owedLine({ id, caller, urgent, losses, lost_at: at, about, dialling }) {
  const name = urgent ? `${urgent === 'emergency' ? '紧急' : urgent} 未通` : '待回拨';
  return h('li', { class: 'owed' },
    h('div', { class: 'top' },
      h('span', { class: 'num' }, when(at)), h('span', { class: 'num' }, caller),
      h('span', { class: `end st${urgent ? ' st--red' : ''}` }, dialling ? '拨打中' : name)),
    h('p', { class: 'two' }, losses > 1 ? `${about}，打来 ${losses} 次` : about),
    dialling ? null : h('div', { class: 'do' },
      h('button', { class: 'btn btn--small', type: 'button', 'data-return': id }, '回拨')));
}
