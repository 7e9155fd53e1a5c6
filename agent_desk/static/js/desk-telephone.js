// The desk's telephone with everything around it: microphone, ring tone, which telephone the agent
// uses, registering, and what becomes of a call when the page goes.

import { Refusal, get } from './api.js';
import { Microphone } from './microphone.js';
import { SeatPhone } from './phone.js';
import { Ringer } from './ring.js';

const MODE_KEY = 'jiesu.telephone';
const CALL_KEY = 'jiesu.talking';
const AGAIN_MS = 3000;

/** Emits `change`. `mode`: browser | sip. */
export class DeskTelephone extends EventTarget {
  mode = localStorage.getItem(MODE_KEY) === 'sip' ? 'sip' : 'browser';
  phone;
  microphone = new Microphone();
  ringer = new Ringer();
  /** When the last conversation here ended, in ms; Infinity while there is one. */
  endedAt = -Infinity;
  /** The pop of the conversation the page was reloaded in, or ''. */
  brokenOff = sessionStorage.getItem(CALL_KEY) ?? '';
  #call = () => ({ id: '', urgent: false });
  #open = false;
  #account = null;
  #again = 0;

  /** `call()` gives { id, urgent } of the pop that rings or is talked in. */
  constructor(audio, call) {
    super();
    this.phone = new SeatPhone(audio);
    this.#call = call;
    sessionStorage.removeItem(CALL_KEY);
    this.phone.addEventListener('change', () => this.#phoneChanged());
    this.microphone.addEventListener('change', () => this.#microphoneChanged());
    this.microphone.addEventListener('devices', () => this.phone.renewMicrophone().catch(() => {}));
    addEventListener('beforeunload', (event) => { if (this.phone.call) event.preventDefault(); });
    addEventListener('pagehide', () => this.#leavePage());
    if (this.mode === 'browser') this.microphone.check();
  }

  /** This window is the agent's: it may register. */
  open() {
    this.#open = true;
    this.ringer.prepare();
    this.#register();
  }

  /** Another window is the telephone now. */
  close() {
    this.#open = false;
    this.phone.stop();
  }

  switch() {
    this.mode = this.mode === 'sip' ? 'browser' : 'sip';
    localStorage.setItem(MODE_KEY, this.mode);
    if (this.mode === 'sip') this.phone.stop();
    else this.microphone.check().then(() => this.#register());
    this.#changed();
  }

  // A telephone that cannot speak must not be rung: first the microphone, then the exchange.
  async #register() {
    clearTimeout(this.#again);
    if (!this.#wanted()) return;
    try {
      this.#account ??= await get('/api/phone');
      if (this.#wanted()) this.phone.start(this.#account);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#later();
    }
  }

  #wanted() {
    const idle = this.phone.line === 'off' || this.phone.line === 'refused';
    return this.#open && idle && this.mode === 'browser' && this.microphone.state === 'ready';
  }

  #later() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#register(), AGAIN_MS);
  }

  #microphoneChanged() {
    if (this.microphone.state === 'ready') this.#register();
    else if (!this.phone.call) this.phone.stop();
    this.#changed();
  }

  #phoneChanged() {
    const { call, line } = this.phone;
    const { id, urgent } = this.#call();
    if (call?.stage === 'ringing') this.ringer.start({ urgent });
    else this.ringer.stop();
    if (call) this.endedAt = Infinity;
    else if (this.endedAt === Infinity) this.endedAt = Date.now();
    if (call?.stage === 'talking') sessionStorage.setItem(CALL_KEY, id || 'call');
    else if (!call) sessionStorage.removeItem(CALL_KEY);
    if (!call && line !== 'off' && this.microphone.state !== 'ready') this.phone.stop();
    if (line === 'refused') {
      // The exchange may have been set up anew: ask for the account again.
      this.#account = null;
      this.#later();
    }
    this.#changed();
  }

  // Nobody is left in silence: the call ends with a BYE; the next page says what happened.
  #leavePage() {
    const talked = sessionStorage.getItem(CALL_KEY);
    if (this.phone.call) this.phone.stop();
    if (talked) sessionStorage.setItem(CALL_KEY, talked);
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
