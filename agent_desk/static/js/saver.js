// Saving a ticket so that it is neither lost nor doubled: the same key until the server has it.

import { Refusal, post } from './api.js';
import * as drafts from './drafts.js';

const AGAIN_MS = 3000;

/** Emits `saved` (detail { popId, number }) and `refused` (detail: a sentence). */
export class Saver extends EventTarget {
  #form;
  #waiting = new Map();
  #sending = new Set();
  #timer = 0;

  constructor(form) {
    super();
    this.#form = form;
  }

  /** Sends the form that is open. A fault in it is marked there and nothing is sent. */
  async save() {
    const state = this.#form.draft?.state;
    if (state !== 'open' && state !== 'waiting') return;
    const ticket = this.#form.ticket();
    if (!ticket) return;
    this.#form.setState('sending');
    await this.#send(this.#form.popId, ticket);
  }

  /** The link is back: what waited goes out now, also from before this page was loaded. */
  again(kept = []) {
    clearTimeout(this.#timer);
    for (const { popId, draft } of kept) {
      const waits = draft.state === 'waiting' || draft.state === 'sending';
      if (waits && !this.#sending.has(popId)) this.#waiting.set(popId, this.#form.bodyOf(draft));
    }
    for (const [popId, ticket] of this.#waiting) this.#send(popId, ticket);
  }

  /** The server's own word that a ticket is committed (the answer to the request may be lost). */
  confirmed({ number, call, due, said }) {
    for (const [popId, ticket] of this.#waiting) {
      if (ticket.call === call) this.#done(popId, { number, due, said });
    }
  }

  async #send(popId, ticket) {
    this.#waiting.delete(popId);
    this.#sending.add(popId);
    try {
      this.#done(popId, await post('/api/tickets', ticket));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#failed(popId, ticket, error);
    } finally {
      this.#sending.delete(popId);
    }
  }

  #done(popId, saved) {
    this.#waiting.delete(popId);
    if (this.#form.popId === popId) this.#form.setState('saved', saved);
    else drafts.drop(this.#form.user, popId);
    this.dispatchEvent(new CustomEvent('saved', { detail: { popId, number: saved.number } }));
  }

  #failed(popId, ticket, refusal) {
    if (refusal.passing) {
      this.#waiting.set(popId, ticket);
      if (this.#form.popId === popId) this.#form.setState('waiting');
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.again(), AGAIN_MS);
      return;
    }
    if (this.#form.popId === popId) this.#form.setState('open');
    this.dispatchEvent(new CustomEvent('refused', { detail: refusal.message }));
  }
}
