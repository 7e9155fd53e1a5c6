// The browser's end of agent_desk/wire.py: numbered frames, acknowledged once they are painted,
// resumed after a break.

import { setServerTime } from './clock.js';

const PAUSES_MS = [250, 500, 1000, 2000, 4000, 5000];
const HELLO_WITHIN_MS = 5000;
const SILENCE_MS = 20_000;
const PROBE_WITHIN_MS = 5000;
const CLOSED_FOR_GOOD = { 4001: 'elsewhere', 4003: 'logged-out' };

/**
 * Emits: `frame` (detail: a frame that is new), `link` (detail: { up, since, why }).
 * `why` is '' | 'elsewhere' | 'logged-out'. Frames come in order and once.
 */
export class Wire extends EventTarget {
  #path;
  #socket = null;
  #epoch = '';
  #lastSeq = 0;
  #failures = 0;
  #retry = 0;
  #ackPlanned = false;
  #downSince = null;
  #resumed = false;
  #heardAt = 0;

  constructor(path) {
    super();
    this.#path = path;
    addEventListener('online', () => this.#soon());
    addEventListener('offline', () => this.#drop());
    setInterval(() => this.#probe(), SILENCE_MS / 2);
  }

  get up() {
    return this.#resumed;
  }

  open() {
    clearTimeout(this.#retry);
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    setTimeout(() => { if (socket === this.#socket && !this.#resumed) socket.close(); }, HELLO_WITHIN_MS);
    socket.addEventListener('message', (e) => this.#take(socket, e.data));
    socket.addEventListener('close', (e) => this.#closed(socket, e.code));
  }

  /** Sends an act. False when the link is down: the caller says so to the person. */
  send(frame) {
    if (!this.#resumed || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close() {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #take(socket, text) {
    if (socket !== this.#socket) return;
    this.#heardAt = Date.now();
    const frame = JSON.parse(text);
    if (frame.type === 'hello') {
      this.#hello(socket, frame);
      return;
    }
    const reliable = frame.seq > 0;
    const known = reliable && frame.seq <= this.#lastSeq;
    if (reliable) {
      this.#lastSeq = Math.max(this.#lastSeq, frame.seq);
      this.#planAck();
    }
    if (!known) this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
  }

  #hello(socket, frame) {
    setServerTime(frame.now);
    const sameRun = frame.epoch === this.#epoch;
    socket.send(JSON.stringify({
      type: 'resume', epoch: this.#epoch, last_seq: sameRun ? this.#lastSeq : 0,
    }));
    if (!sameRun) this.#lastSeq = 0;
    this.#epoch = frame.epoch;
    this.#failures = 0;
    this.#downSince = null;
    this.#resumed = true;
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
    this.#tell(true, '');
  }

  // A hidden tab paints nothing, so there the frame counts as shown when the page has taken it in.
  #planAck() {
    if (this.#ackPlanned) return;
    this.#ackPlanned = true;
    let sent = false;
    const ack = () => {
      if (sent) return;
      sent = true;
      this.#ackPlanned = false;
      if (this.#socket?.readyState === WebSocket.OPEN) {
        this.#socket.send(JSON.stringify({ type: 'ack', seq: this.#lastSeq }));
      }
    };
    if (document.hidden) setTimeout(ack, 0);
    else requestAnimationFrame(() => setTimeout(ack, 0));
    setTimeout(ack, 500);
  }

  /** A link that was cut somewhere on its way looks open from here: ask by another one. */
  async #probe() {
    const socket = this.#socket;
    if (!this.#resumed || Date.now() - this.#heardAt < SILENCE_MS) return;
    try {
      await fetch('/api/me', { cache: 'no-store', signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
      this.#heardAt = Date.now();
    } catch {
      if (socket === this.#socket) this.#drop();
    }
  }

  /** Closing a dead socket takes the browser half a minute; the page does not wait for that. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.close();
    this.#closed(socket, 1006);
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#resumed = false;
    this.#downSince ??= Date.now();
    const why = CLOSED_FOR_GOOD[code] ?? '';
    this.#tell(false, why);
    if (why) return;
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)];
    this.#failures += 1;
    this.#retry = setTimeout(() => this.open(), pause * (0.8 + 0.4 * Math.random()));
  }

  #soon() {
    if (this.#socket || this.#resumed) return;
    this.#failures = 0;
    this.open();
  }

  #tell(up, why) {
    const detail = { up, why, since: this.#downSince, failures: this.#failures };
    this.dispatchEvent(new CustomEvent('link', { detail }));
  }
}
