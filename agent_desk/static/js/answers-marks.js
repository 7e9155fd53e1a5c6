// 采用 and 不对 on the way to the server: the newest opinion of each card, one at a time, again
// while the server is out of reach. `send(path, body)` is post of api.js.

const AGAIN_MS = 5000;

/** Emits `change` when what one can read of an opinion changed. */
export class AnswerMarks extends EventTarget {
  #send;
  #waiting = new Map();
  #now = new Map();
  #busy = false;

  constructor(send) {
    super();
    this.#send = send;
  }

  /** The agent's opinion of a card of a call: 'adopted', 'wrong', or null for none (any more). */
  set(call, { article, version }, kind) {
    const key = keyOf(call, article);
    this.#now.set(key, { kind, state: 'sending', why: '' });
    this.#waiting.delete(key);
    this.#waiting.set(key, { call, article, version, kind });
    this.#changed();
    this.#next();
  }

  /** `{ kind, state, why }` of a card; state is sending, kept or refused. */
  of(call, article) {
    return this.#now.get(keyOf(call, article)) ?? NONE;
  }

  async #next() {
    if (this.#busy || this.#waiting.size === 0) return;
    const [key, body] = this.#waiting.entries().next().value;
    this.#busy = true;
    let wait = 0;
    try {
      await this.#send('/api/answers/mark', body);
      this.#done(key, body, { kind: body.kind, state: 'kept', why: '' });
    } catch (refusal) {
      if (refusal.passing) wait = AGAIN_MS;
      else this.#done(key, body, { kind: null, state: 'refused', why: refusal.message });
    }
    setTimeout(() => { this.#busy = false; this.#next(); }, wait);
  }

  #done(key, body, what) {
    // A newer opinion of the same card waits already: it is told, not this one.
    if (this.#waiting.get(key) !== body) return;
    this.#waiting.delete(key);
    this.#now.set(key, what);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

const NONE = Object.freeze({ kind: null, state: 'kept', why: '' });
const keyOf = (call, article) => `${call} ${article}`;
