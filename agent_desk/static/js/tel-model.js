// What the telephone row says and which buttons work, from the server's and the telephone's view
// of the same seat. Pure.

import { SENTENCES } from './microphone.js';
import { STATES, isOurs } from './words.js';

const LINES = {
  off: ['浏览器电话未登记', ''], connecting: ['浏览器电话正在登记', ''], registered: ['浏览器电话已登记', ''],
  refused: ['电话登记被拒', '工号的电话密码不对，请报管理员；可改用话机'],
  lost: ['电话线路断开', '正在重连；通话中的声音不受影响'],
};

/** Which of the desk's situations this is. `mode` 'browser' | 'sip'; `ended` ms since the last
 * conversation here ended (Infinity: none). */
export function situationOf({ seat, phone, mode, elsewhere, ended, linked }) {
  if (elsewhere) return 'elsewhere';
  if (phone.consult) return 'consult';
  if (phone.call) return phone.call.stage;
  const state = linked ? seat?.state : null;
  if (state === 'talking' || state === 'held') {
    if (mode === 'sip') return 'talking-sip';
    return ended < 3000 ? 'ending' : 'talking-away';
  }
  if (state === 'ringing') return mode === 'sip' ? 'ringing-sip' : 'ringing-away';
  if (!seat) return 'none';
  return seat.state === 'ringing' || seat.state === 'talking' ? 'none' : seat.state;
}

const NOTHING = '现在没有通话';
const AT_PHONE = '请在话机上操作';

const TALKING = {
  answer: null, refuse: null, mute: '', hold: '', transfer: '', emergency: '', 'hang-up': '',
  ready: null, pause: null, help: '', complete: null, back: null,
};
const IDLE = {
  answer: NOTHING, refuse: null, mute: null, hold: null, transfer: null, emergency: null,
  'hang-up': null, ready: null, pause: '', help: '', complete: null, back: null,
};
const RINGING = { ...IDLE, answer: '', refuse: '', pause: null };

/** For every button: '' works, a sentence: shown but off, null: not shown. */
export const CONTROLS = {
  elsewhere: { ...IDLE, answer: null, pause: null, help: null },
  none: { ...IDLE, pause: '服务器还没有连上' },
  ready: IDLE,
  offline: { ...IDLE, answer: '电话未登记', pause: '电话登记后才能小休' },
  paused: { ...IDLE, answer: null, ready: '', pause: null },
  'wrap-up': { ...IDLE, answer: null, ready: '' },
  ringing: RINGING,
  connecting: { ...RINGING, answer: '正在接通', refuse: null },
  'ringing-sip': { ...RINGING, answer: AT_PHONE, refuse: AT_PHONE },
  'ringing-away': { ...RINGING, refuse: null },
  talking: TALKING,
  held: TALKING,
  consult: {
    ...TALKING, hold: null, transfer: null, emergency: null, help: null, 'hang-up': null,
    complete: '', back: '',
  },
  'talking-sip': {
    ...TALKING, mute: AT_PHONE, hold: AT_PHONE, transfer: AT_PHONE, 'hang-up': AT_PHONE,
  },
  'talking-away': {
    ...TALKING, mute: AT_PHONE, hold: AT_PHONE, transfer: AT_PHONE, 'hang-up': AT_PHONE,
  },
  ending: { ...IDLE, answer: null, pause: null },
};

const WORDS = {
  elsewhere: '不在本窗口', none: '连接中', ringing: '来电', connecting: '接通中', 'ringing-sip': '来电',
  'ringing-away': '来电', talking: '通话中', held: '保持中', consult: '咨询中', 'talking-sip': '通话中',
  'talking-away': '通话中', ending: '正在结束', offline: '未登记', ready: '就绪',
  'wrap-up': '整理', paused: '小休',
};

/** The word beside the timer. */
export const wordOf = (situation) => WORDS[situation] ?? STATES[situation] ?? situation;

/** 回拨: this telephone is in the call already, the citizen's still rings. */
export const isDialling = ({ situation, pop }) =>
  situation === 'talking' && pop?.stage === 'ringing' && isOurs(pop.queue);

const calm = (text) => ({ text, advice: '', trouble: false });
const bad = (text, advice) => ({ text, advice, trouble: true });

/** The small line under the timer, and what to do about it: first what keeps calls away. */
export function lineOf({ situation, phone, microphone, mode, seat, sound, pop }) {
  if (situation === 'elsewhere') return bad('已在别的窗口打开', '同一工号只有最后打开的窗口能接电话');
  if (phone.trouble) return bad(...split(phone.trouble));
  if (mode === 'sip') return sipLine(seat);
  if (situation === 'talking-away') return bad('声音不在本窗口', '在话机上通话，或本页在通话中重新打开过');
  if (microphone === 'unknown') return calm(SENTENCES.unknown);
  if (SENTENCES[microphone]) return bad(...split(SENTENCES[microphone]));
  if (situation === 'held') return calm('来电人听保持音乐');
  if (isDialling({ situation, pop })) return calm('市民的电话在响，等他接起');
  if (situation === 'talking') return phone.call.muted ? bad('已静音', '对方听不到您，按 F8 取消') : calm('录音已告知');
  const [text, advice] = LINES[phone.line];
  if (phone.line === 'registered' && !sound) return { text, advice: '点一下页面任意处，来电才有铃声', trouble: false };
  return { text, advice, trouble: advice !== '' };
}

/** What is wrong, before the colon; what to do, after it. */
const split = (sentence) => sentence.split(/[：，](.*)/s).slice(0, 2);

function sipLine(seat) {
  const device = seat?.devices.find((d) => !d.name.endsWith('-web'));
  if (!device) return calm('用话机接听');
  return device.reachable ? calm(`话机 ${device.name} 已登记`) : bad(`话机 ${device.name} 未登记`, '检查话机的电源和网线');
}
