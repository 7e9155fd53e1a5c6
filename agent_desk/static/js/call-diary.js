// What happened in each call as this page saw it: the server's pop holds the newest stage only.

import { now } from './clock.js';

export class CallDiary {
  #seen = new Map();
  #noted = new Map();

  /** A frame that may begin or end a stage of a call. */
  take(frame) {
    const pops = frame.type === 'picture' ? frame.pops : frame.type === 'pop' ? [frame] : [];
    for (const { pop_id: id, stage, since, waited_s: waited } of pops) {
      const seen = this.seen(id);
      if (!seen.some((s) => s.stage === stage)) this.#seen.set(id, [...seen, { stage, since, waited_s: waited }]);
    }
    if (frame.type !== 'pop-ended') return;
    const { pop_id: id } = frame;
    this.#seen.set(id, [...this.seen(id), { stage: 'ended', since: now(), waited_s: null }]);
  }

  /** Something done at this desk: `what`, `more` beside it, `kind` as in course.js. */
  note(id, what, more = '', kind = '') {
    if (id) this.#noted.set(id, [...this.noted(id), { at: now(), what, more, kind }]);
  }

  seen(id) { return this.#seen.get(id) ?? []; }
  noted(id) { return this.#noted.get(id) ?? []; }

  /** The call left this screen unanswered: its stages did not happen here. */
  unsee(id) { this.#seen.delete(id); }

  forget(id) {
    this.#seen.delete(id);
    this.#noted.delete(id);
  }
}
