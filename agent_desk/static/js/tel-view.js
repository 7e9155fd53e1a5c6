// Paints the telephone row. What it says is decided in tel-model.js.

import { allow, fill, h, need, say, show } from './dom.js';
import { duration } from './format.js';
import { numberOf } from './caller-view.js';
import { CONTROLS, isDialling, lineOf, wordOf } from './tel-model.js';
import { isOurs, queueName } from './words.js';

const RINGS = new Set(['ringing', 'ringing-sip', 'ringing-away', 'connecting']);

export class TelView {
  #root;
  #buttons;
  #said = '';

  constructor(root) {
    this.#root = root;
    this.#buttons = new Map([...root.querySelectorAll('.ctl [data-do]')].map((b) => [b.dataset.do, b]));
  }

  /** `desk`: { situation, seat, phone, microphone, mode, pop, today, now } */
  paint(desk) {
    const { situation, phone } = desk;
    this.#root.classList.toggle('tel--ring', RINGS.has(situation));
    this.#root.dataset.situation = situation;
    say(need('#tel-word'), isDialling(desk) ? '正在拨打' : situation === 'paused' ? pauseWord(desk.seat) : wordOf(situation));
    say(need('#tel-time'), timeOf(desk));
    const line = lineOf(desk);
    const small = need('#tel-line');
    say(small, line.text);
    small.classList.toggle('warn', line.trouble);
    this.#mode(desk);
    this.#who(desk, line.advice);
    this.#controls(situation, phone);
    this.#announce(desk);
  }

  /** For who does not see the row: what it turned into, once. */
  #announce({ situation, pop }) {
    if (situation === this.#said) return;
    this.#said = situation;
    const who = pop && situation !== 'ready' ? `，${numberOf(pop.caller)}` : '';
    say(need('#tel-said'), `${wordOf(situation)}${who}`);
  }

  #mode({ mode, situation }) {
    const button = need('#tel-mode');
    show(button, ['ready', 'offline', 'paused', 'wrap-up', 'none'].includes(situation));
    say(button, mode === 'sip' ? '改用浏览器' : '改用话机');
  }

  #who({ situation, pop, phone, seat, now }, advice) {
    const who = need('#tel-who');
    const about = need('#tel-about');
    if (situation === 'consult') {
      fill(who, h('b', {}, phone.consult.name), '　', h('span', { class: 'soft' }, consultWord(phone.consult)));
      say(about, advice || (pop ? `来电人 ${numberOf(pop.caller)} 在听保持音乐` : ''));
    } else if (pop) {
      fill(who, h('b', { class: 'num' }, numberOf(pop.caller)), ...tags(pop));
      say(about, advice || aboutWords(situation, pop, now));
    } else if (phone.call) {
      // No word from the server about this call: it is away, or a colleague is asking.
      const colleague = /^\d{4}$/.test(phone.call.from);
      const name = colleague ? `坐席 ${phone.call.from}` : numberOf(callerOf(phone.call));
      fill(who, h('b', { class: 'num' }, name));
      say(about, advice || (colleague ? '同事来问，问完由对方完成转接' : ''));
    } else {
      fill(who, h('span', { class: 'muted' }, idleWords(situation, seat)));
      say(about, advice);
    }
    about.classList.toggle('warn', advice !== '');
  }

  #controls(situation, phone) {
    const controls = { ...CONTROLS[situation] };
    if (situation === 'consult' && phone.consult.stage !== 'talking') controls.complete = '对方接了才能完成转接';
    for (const [name, button] of this.#buttons) {
      const why = controls[name];
      show(button, why !== null && why !== undefined);
      allow(button, why ?? '');
    }
    press(this.#buttons.get('mute'), phone.call?.muted === true, '静音', '取消静音');
    press(this.#buttons.get('hold'), phone.call?.stage === 'held', '保持', '取回');
  }
}

function press(button, pressed, off, on) {
  button.setAttribute('aria-pressed', String(pressed));
  say(need('.word', button), pressed ? on : off);
}

function timeOf({ situation, seat, phone, pop, now }) {
  if (situation === 'consult') return duration((Date.now() - phone.consult.since) / 1000);
  if (situation === 'wrap-up' && seat.until) return duration((Date.parse(seat.until) - now) / 1000);
  if (pop && pop.stage !== 'ended') return duration((now - Date.parse(pop.since)) / 1000);
  if (phone.call) return duration((Date.now() - phone.call.since) / 1000);
  return seat ? duration((now - Date.parse(seat.since)) / 1000) : '00:00';
}

const pauseWord = (seat) => (seat.reason && seat.reason !== '小休' ? `小休 ${seat.reason}` : '小休');

const consultWord = ({ stage }) =>
  ({ calling: '正在呼叫', ringing: '振铃', talking: '通话中，问清后完成转接' })[stage];

function tags({ caller, queue }) {
  if (caller.withheld || !caller.earlier_calls || isOurs(queue)) return [];
  return ['　', h('span', { class: 'tag tag--accent' }, `第 ${caller.earlier_calls + 1} 次来电`)];
}

/** What the telephone itself knows of who calls. */
const callerOf = ({ from }) => ({ number: from, withheld: !/^\+?\d+$/.test(from) });

function aboutWords(situation, pop, now) {
  const queue = queueName(pop.queue);
  // Nobody waits in a queue and nobody else is rung: we are the ones who call.
  if (isOurs(pop.queue)) return queue;
  const waited = pop.waited_s === null ? '' : `，排队 ${duration(pop.waited_s)}`;
  if (pop.stage !== 'ringing') return `${queue}${waited}`;
  const left = Math.ceil(pop.ring_s - (now - Date.parse(pop.since)) / 1000);
  return `${queue}${waited}　${left > 0 ? `${left} 秒后转下一席` : '正在转下一席'}`;
}

function idleWords(situation, seat) {
  const answered = seat ? `今日已接 ${seat.answered_today} 通` : '';
  const words = {
    ready: `等待来电。${answered}`,
    paused: `小休中，不会振铃。${answered}`,
    'wrap-up': '填完表按 F7 就绪，到时自动就绪',
    offline: '电话登记后，来电才会振到这里',
    elsewhere: '同一工号只有最后打开的窗口能接电话',
    none: '正在连接服务器',
  };
  return words[situation] ?? answered;
}
