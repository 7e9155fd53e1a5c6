// The sound of a call: made here, so that no file has to be loaded when it rings.

const LEVEL = 0.12;

/** 450 Hz, one second in four, the way a telephone here rings back; faster for an emergency. */
export class Ringer {
  #context = null;
  #timer = 0;

  /** Whether the browser lets this page make sounds: it wants one click or key first. */
  get allowed() {
    return this.#context?.state === 'running' || navigator.userActivation?.hasBeenActive !== false;
  }

  /** To be called once the page may be heard without a click (it holds the microphone's permission
   * on some browsers, or the flag of a kiosk). */
  prepare() {
    this.#context ??= new AudioContext();
  }

  /** To be called from a click or a key press, so that later rings are heard. */
  async unlock() {
    this.#context ??= new AudioContext();
    if (this.#context.state !== 'running') await this.#context.resume().catch(() => {});
  }

  start({ urgent = false } = {}) {
    if (this.#timer) return;
    this.#context ??= new AudioContext();
    const once = () => (urgent ? this.#bursts([0, 0.3, 0.6], 0.2) : this.#bursts([0], 1));
    once();
    this.#timer = setInterval(once, urgent ? 3000 : 4000);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /** Two short tones: connected, or something for the agent to see. */
  signal() {
    if (this.#context) this.#bursts([0, 0.18], 0.1);
  }

  #bursts(starts, length) {
    if (this.#context.state !== 'running') return;
    const t0 = this.#context.currentTime + 0.01;
    const gain = this.#context.createGain();
    const tone = this.#context.createOscillator();
    tone.frequency.value = 450;
    gain.gain.value = 0;
    for (const start of starts) {
      gain.gain.setValueAtTime(0, t0 + start);
      gain.gain.linearRampToValueAtTime(LEVEL, t0 + start + 0.02);
      gain.gain.setValueAtTime(LEVEL, t0 + start + length - 0.02);
      gain.gain.linearRampToValueAtTime(0, t0 + start + length);
    }
    tone.connect(gain).connect(this.#context.destination);
    tone.start(t0);
    tone.stop(t0 + starts.at(-1) + length + 0.05);
  }
}
