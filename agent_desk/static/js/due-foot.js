// The line under the form that says when and why: asks the server, keeps the answer for a minute.

import { get } from './api.js';
import { say, show } from './dom.js';
import { paintDue, paintWhy } from './due-view.js';

const KEPT_MS = 60_000;

export class DueFoot {
  #line;
  #panel;
  #known = new Map();

  constructor(line, panel) {
    this.#line = line;
    this.#panel = panel;
  }

  /** Says it for the type the form has now; a later type wins over a slow answer. */
  async show(form) {
    const { type } = form;
    show(this.#panel, false);
    let due = null;
    try {
      if (type) due = await this.#dueOf(type);
    } catch (refusal) {
      say(this.#line, `${type}，期限暂时取不到：${refusal.message}`);
      return;
    }
    if (form.type !== type) return;
    paintDue(this.#line, type, due);
    paintWhy(this.#panel, due);
  }

  async #dueOf(type) {
    const kept = this.#known.get(type);
    if (kept && Date.now() - kept.at < KEPT_MS) return kept.due;
    const due = await get(`/api/tickets/due?type=${encodeURIComponent(type)}`);
    this.#known.set(type, { at: Date.now(), due });
    return due;
  }
}
