// The browser as the agent's telephone: JsSIP straight to Asterisk's own WebSocket. Knows nothing
// of pops and pages; the desk listens to `change` and reads the fields.

import { UA, WebSocketInterface } from '../vendor/jssip.js';
import { CONSTRAINTS } from './microphone.js';

const MEDIA = { mediaConstraints: CONSTRAINTS, pcConfig: { iceServers: [] } };
const ANSWER_WITHIN_MS = 5000;
const EAGER_MS = 1500;
const HOLD_AGAIN_MS = 50;

/**
 * `line`: off | connecting | registered | refused (whoever started it tries again) | lost
 * `call`: null | { stage: ringing | connecting | talking | held, muted, since, from }
 * `consult`: null | { to, stage: calling | ringing | talking, since }
 * `trouble`: a sentence to show until the next call, or ''
 */
export class SeatPhone extends EventTarget {
  line = 'off';
  call = null;
  consult = null;
  trouble = '';
  #ua = null;
  #account = null;
  #session = null;
  #other = null;
  #audio;
  #watch = 0;
  #moving = false;
  #eager = 0;
  #holding = 0;

  /** `audio`: the element the far end is heard from. */
  constructor(audio) {
    super();
    this.#audio = audio;
  }

  /** Registers with what GET /api/phone gave. Registers again by itself for as long as it is on. */
  start(account) {
    this.stop();
    const { uri, password, ws_url: wsUrl, endpoint } = account;
    const ua = new UA({
      sockets: [new WebSocketInterface(wsUrl)],
      uri, password,
      authorization_user: endpoint,
      register: true, register_expires: 60, session_timers: false,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 8,
      user_agent: 'Jiesu desk',
    });
    this.#ua = ua;
    const mine = (f) => (event) => { if (ua === this.#ua) f(event); };
    ua.on('connecting', mine(() => this.#become('connecting')));
    ua.on('disconnected', mine(() => this.#become('lost')));
    ua.on('registered', mine(() => this.#become('registered')));
    ua.on('unregistered', mine(() => this.#become('lost')));
    ua.on('registrationFailed', mine(() => this.#become('refused')));
    ua.on('newRTCSession', mine((e) => this.#offered(e)));
    this.#account = account;
    ua.start();
  }

  /** Unregisters; a conversation in progress is ended (BYE), so that nobody hears silence. */
  stop() {
    clearTimeout(this.#watch);
    const ua = this.#ua;
    this.#ua = null;
    if (ua) ua.stop();
    this.#session = null;
    this.#other = null;
    this.call = null;
    this.consult = null;
    this.#become('off');
  }

  /** Answers what rings; pressed a moment before the INVITE is here, answers it when it comes. */
  answer() {
    if (this.call === null && this.line === 'registered') this.#eager = Date.now() + EAGER_MS;
    if (this.call?.stage !== 'ringing') return false;
    this.#eager = 0;
    this.trouble = '';
    this.#stage('connecting');
    this.#session.answer(MEDIA);
    return true;
  }

  /** Lets the next seat have it. */
  refuse() {
    if (this.call?.stage !== 'ringing') return false;
    this.#session.terminate({ status_code: 486 });
    return true;
  }

  hangUp() {
    if (this.consult) return this.cancelConsult();
    if (!this.#session) return false;
    this.#session.terminate(this.call?.stage === 'ringing' ? { status_code: 486 } : {});
    return true;
  }

  toggleMute() {
    if (!this.#talks()) return false;
    this.call = { ...this.call, muted: !this.call.muted };
    // Who mutes while consulting must not be heard by the caller either, once back.
    for (const session of [this.#session, this.#other]) {
      if (!session?.isEstablished()) continue;
      if (this.call.muted) session.mute({ audio: true });
      else session.unmute({ audio: true });
    }
    this.#changed();
    return true;
  }

  toggleHold() {
    if (!this.#talks() || this.consult) return false;
    this.#hold(this.call.stage !== 'held');
    return true;
  }

  /** Sends the caller on at once (REFER). The agent is free when the exchange has taken it. */
  transferBlind(number) {
    if (!this.#talks() || this.#moving) return false;
    this.#refer(number, {});
    return true;
  }

  /** Holds the caller and calls a colleague. */
  consultWith(number, name = number) {
    if (!this.#talks() || this.consult) return false;
    this.#hold(true);
    this.consult = { to: number, name: name === number ? number : `${number} ${name}`, stage: 'calling', since: Date.now() };
    this.#other = this.#ua.call(number, MEDIA);
    this.#followOther(this.#other);
    this.#changed();
    return true;
  }

  /** Joins caller and colleague (REFER with Replaces). */
  completeTransfer() {
    if (this.consult?.stage !== 'talking' || this.#moving) return false;
    this.#refer(this.consult.to, { replaces: this.#other });
    return true;
  }

  /** Back to the caller. */
  cancelConsult() {
    if (!this.consult) return false;
    this.#other?.terminate();
    return true;
  }

  /** A new microphone in place of one that went away in mid-call. */
  async renewMicrophone() {
    const connection = (this.#other ?? this.#session)?.connection;
    const sender = connection?.getSenders().find((s) => s.track?.kind === 'audio');
    if (!sender || sender.track.readyState === 'live') return;
    const stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
    await sender.replaceTrack(stream.getAudioTracks()[0]);
    this.trouble = '';
    this.#changed();
  }

  /** The browser's own account of the conversation (RTCStatsReport), null without one. */
  statistics() {
    return this.#session?.connection?.getStats() ?? null;
  }

  // ---------------------------------------------------------------------------------- the line

  #become(line) {
    if (line === this.line) return;
    this.line = line;
    clearTimeout(this.#watch);
    // An exchange that is still starting takes the socket and answers nothing; JsSIP would wait
    // 32 s for its REGISTER (RFC 3261, timer F).
    if (line === 'connecting') this.#watch = setTimeout(() => this.#anew(), ANSWER_WITHIN_MS);
    this.#changed();
  }

  #anew() {
    if (!this.#ua || this.#session) return;
    this.start(this.#account);
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  // ---------------------------------------------------------------------------------- the call

  #offered({ originator, session, request }) {
    if (originator !== 'remote') return;
    if (this.#session) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#session = session;
    this.trouble = '';
    this.call = {
      stage: 'ringing', muted: false, since: Date.now(),
      from: request.from.uri.user ?? '', id: request.getHeader('X-Hotline-Call') ?? '',
    };
    this.#follow(session);
    this.#changed();
    if (Date.now() < this.#eager) this.answer();
  }

  #follow(session) {
    const mine = (f) => (event) => { if (session === this.#session) f(event); };
    session.on('peerconnection', ({ peerconnection }) => this.#listen(peerconnection));
    session.on('confirmed', mine(() => this.#connected()));
    session.on('hold', mine((e) => { if (e.originator === 'local') this.#stage('held'); }));
    session.on('unhold', mine((e) => { if (e.originator === 'local') this.#stage('talking'); }));
    session.on('getusermediafailed', mine(() => { this.trouble = '没有接通：话筒打不开，请检查耳麦'; }));
    session.on('failed', mine((e) => this.#over(e)));
    session.on('ended', mine((e) => this.#over(e)));
  }

  #connected() {
    this.call = { ...this.call, stage: 'talking', since: Date.now() };
    for (const sender of this.#session.connection.getSenders()) {
      if (sender.track) sender.track.onended = () => this.#lostMicrophone();
    }
    this.#changed();
  }

  #lostMicrophone() {
    this.trouble = '耳麦断开，对方听不到您：请重新插上';
    this.#changed();
  }

  #listen(connection) {
    connection.addEventListener('track', (event) => {
      this.#audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    });
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'failed') {
        this.trouble = '与来电人的声音断了，请问一声“听得到吗”，听不到就挂断回拨';
        this.#changed();
      }
    });
  }

  #over({ cause }) {
    this.#other?.terminate();
    this.#session = null;
    this.#other = null;
    this.#moving = false;
    this.call = null;
    this.consult = null;
    if (cause === 'WebRTC Error' || cause === 'Incompatible SDP') {
      this.trouble = '没有接通：声音通道建立失败，请刷新页面再接';
    }
    this.#audio.srcObject = null;
    this.#changed();
  }

  // ------------------------------------------------------------------------------- transferring

  #followOther(other) {
    const mine = (f) => (event) => { if (other === this.#other) f(event); };
    other.connection?.addEventListener('track', (e) => this.#hearOther(e));
    other.on('peerconnection', ({ peerconnection }) => {
      peerconnection.addEventListener('track', (e) => this.#hearOther(e));
    });
    other.on('progress', mine(() => this.#consultStage('ringing')));
    other.on('confirmed', mine(() => {
      if (this.call.muted) other.mute({ audio: true });
      this.#consultStage('talking');
    }));
    other.on('failed', mine(() => this.#backToCaller('对方没有接，已回到来电人')));
    other.on('ended', mine(() => this.#backToCaller('')));
  }

  #hearOther(event) {
    this.#audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
  }

  #consultStage(stage) {
    this.consult = { ...this.consult, stage, since: Date.now() };
    this.#changed();
  }

  #backToCaller(why) {
    this.consult = null;
    this.#other = null;
    this.trouble = why;
    const receiver = this.#session?.connection?.getReceivers().find((r) => r.track?.kind === 'audio');
    if (receiver) this.#audio.srcObject = new MediaStream([receiver.track]);
    if (this.call?.stage === 'held' && !this.#moving) this.#hold(false);
    this.#changed();
  }

  #refer(number, options) {
    this.#moving = true;
    const failed = () => {
      this.#moving = false;
      this.trouble = `没有转到 ${number}，来电人还在您这里`;
      if (this.call?.stage === 'held' && !this.consult) this.#hold(false);
      this.#changed();
    };
    this.#session.refer(number, {
      ...options,
      eventHandlers: {
        requestFailed: failed,
        failed,
        accepted: () => this.#session?.terminate(),
      },
    });
  }

  /** JsSIP takes one offer at a time and drops what is asked meanwhile: asked again until taken,
   * so that a quick second press, or the end of a consultation, never leaves the caller on hold. */
  #hold(held) {
    clearTimeout(this.#holding);
    const session = this.#session;
    if (!session?.isEstablished() || session.isOnHold().local === held) return;
    if (!(held ? session.hold() : session.unhold())) {
      this.#holding = setTimeout(() => { if (session === this.#session) this.#hold(held); }, HOLD_AGAIN_MS);
    }
  }

  #talks() {
    return this.call?.stage === 'talking' || this.call?.stage === 'held';
  }

  #stage(stage) {
    if (!this.call) return;
    this.call = { ...this.call, stage };
    this.#changed();
  }
}
