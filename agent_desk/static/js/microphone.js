// Whether this computer can speak: the permission, the device, and what to tell the agent.

export const CONSTRAINTS = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  video: false,
};

const REASONS = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** The state, as one sentence with what to do. */
export const SENTENCES = {
  unknown: '正在检查耳麦',
  ready: '',
  denied: '耳麦未授权：点地址栏的锁形标志，允许话筒',
  missing: '没有找到耳麦：插上后自动接着用',
  busy: '耳麦被别的程序占用：关掉那个程序后点“再试”',
  insecure: '此地址不是 https，浏览器不许用话筒：请用 https 打开',
};

/** Emits `change` when `state` changes: unknown | ready | denied | missing | busy | insecure. */
export class Microphone extends EventTarget {
  state = 'unknown';
  #permission = null;

  /** Asks for the microphone once and lets it go again: it is open only while somebody talks. */
  async check() {
    if (!navigator.mediaDevices?.getUserMedia) return this.#become('insecure');
    navigator.mediaDevices.ondevicechange = () => this.#changed();
    try {
      const stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
      for (const track of stream.getTracks()) track.stop();
      this.#become('ready');
    } catch (error) {
      this.#become(REASONS[error.name] ?? 'busy');
    }
    await this.#watchPermission();
    return undefined;
  }

  async #watchPermission() {
    if (this.#permission || !navigator.permissions) return;
    try {
      this.#permission = await navigator.permissions.query({ name: 'microphone' });
      this.#permission.onchange = () => this.check();
    } catch {
      // Firefox before 131 does not know this name; the button "再试" remains.
    }
  }

  async #changed() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const present = devices.some((d) => d.kind === 'audioinput');
    if (!present) this.#become('missing');
    else if (this.state !== 'ready') await this.check();
    this.dispatchEvent(new Event('devices'));
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}
