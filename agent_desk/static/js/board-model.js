// What the board's numbers say. Pure: BoardNow of agent_desk/views.py in, words out.

import { count, duration, percent } from './format.js';

const LONG_WAIT_S = 60;
const EXCLUDED = '开场语中挂断的、按 9 或由话务员移交 110、119、120、122 的不计入，另列。';

/** Where the calls behind a number are listed. */
export const callsOf = (which, window = 'today') => `/board/calls?which=${which}&window=${window}`;

const none = (why, tip) => ({ value: '—', unit: '', how: why, tip, href: '', breach: false });

/** A rate with its division; without a denominator — and the reason. */
function rate(r, { how, href, why, tip }) {
  if (r.value === null) return none(why, tip);
  return { value: percent(r.value), unit: '%', how, tip, href, breach: r.breach };
}

const tipOf = (r) => [r.formula, EXCLUDED, r.article ? `依据：${r.article}` : '', standardWords(r)].filter(Boolean);
const standardWords = (r) => (r.standard === null ? '' : `标准：${(r.standard * 100).toFixed(0)}%`);

/** The figures by id. `at` in ms. */
export function figuresOf(board) {
  const { today, day, strip } = board;
  return {
    loss: rate(today.loss_rate, {
      how: `呼损 ${count(today.loss_rate.numerator)} ÷ 进线 ${count(today.loss_rate.denominator)}${waitingWords(strip)}`,
      href: callsOf('lost'), why: '今日还没有进线，不计算', tip: tipOf(today.loss_rate),
    }),
    connect: rate(day.connect_rate, {
      how: division(day.connect_rate), href: callsOf('answered', '24h'), why: '24小时内没有进线',
      tip: tipOf(day.connect_rate),
    }),
    within: rate(today.within_15s_rate, {
      how: division(today.within_15s_rate), href: callsOf('within-15s'), why: '尚无进线',
      tip: tipOf(today.within_15s_rate),
    }),
    waiting: waitingFigure(board), longest: longestFigure(strip),
    answered: {
      value: count(today.answered), unit: '', how: `进线 ${count(today.offered)}`, breach: false,
      href: callsOf('answered'), tip: ['今日已由话务员接听的来电。', `呼损：排队中挂断 ${today.abandoned}，等待超时 ${today.timed_out}，未能排队 ${today.turned_away}。`],
    },
    seats: seatsFigure(board), apart: apartFigure(today),
  };
}

const division = (r) => `${count(r.numerator)} ÷ ${count(r.denominator)}`;
const waitingWords = (strip) => (strip.waiting ? `，另有 ${strip.waiting} 通排队中未计` : '');

function waitingFigure({ strip, queues }) {
  const busy = queues.filter((q) => q.waiting > 0).map((q) => `${q.title} ${q.waiting}`);
  return {
    value: count(strip.waiting), unit: '', how: busy.join('，') || '无人等待', breach: false,
    href: strip.waiting ? callsOf('waiting') : '', tip: ['此刻在各队列里等待的来电人数。'],
  };
}

function longestFigure(strip) {
  const s = strip.longest_wait_s;
  const tip = ['此刻排队的人里等得最久的一位，从进队列起算。'];
  if (s === null) return none('无人等待', tip);
  return { value: duration(s), unit: '', how: '从进队列起算', tip, href: callsOf('waiting'), breach: s >= LONG_WAIT_S };
}

function seatsFigure({ strip, seats }) {
  const here = seats.filter((s) => s.state !== 'offline').length;
  return {
    value: count(strip.talking), unit: `／${here} 通话`, breach: false,
    how: `就绪 ${strip.ready}，整理 ${strip.wrap_up}，小休 ${strip.paused}`,
    href: strip.talking ? callsOf('talking') : '', tip: ['正在通话的席位 ÷ 已登记的席位。'],
  };
}

function apartFigure(today) {
  const sum = today.greeting_hang_up + today.emergency;
  return {
    value: count(sum), unit: '通', breach: false,
    how: `开场语中挂断 ${today.greeting_hang_up}，紧急 ${today.emergency}`,
    href: sum ? callsOf(today.emergency ? 'emergency' : 'greeting-hang-up') : '',
    tip: ['不计入进线，也不计入呼损：', '在开场语中挂断，没有进队列的；在话务员接听前转 110、119、120、122 或进紧急队列的。'],
  };
}

/** What asks for the supervisor, most pressing first: { kind, head, text, href }. */
export function needsOf(board, notices) {
  return [
    ...board.emergencies.filter((e) => e.ended_at === null).map(emergencyNeed),
    ...(board.gap_since ? [{ kind: 'warn', head: '听不到交换机', text: '电话照常，数字暂时不准；恢复后自动补齐。', since: board.gap_since, href: '/status' }] : []),
    ...notices.map(noticeNeed),
    ...breaches(board),
  ];
}

function emergencyNeed(e) {
  const word = { answered: '已接听', queued: '在紧急队列', told: '已告知', cancelled: '来电人取消' }[e.phase] ?? '移交中';
  return {
    kind: e.phase === 'answered' ? '' : 'red', head: `${e.service ?? '紧急'} ${word}`,
    text: [REASONS[e.reason], e.agent ? `席位 ${e.agent}` : ''].filter(Boolean).join('，'), since: e.started_at, href: '/emergency',
  };
}

const REASONS = {
  key: '来电人按键', words: '来电人说出险情', agent: '话务员移交', 'trunks-failed': '两条中继都没有接通',
  'nothing-pressed': '按 9 后没有再按键',
};

const NOTICE_HEADS = { help: '求助', unacknowledged: '弹屏没有确认', 'slow-browser': '坐席电脑太慢' };

const noticeNeed = (n) => ({
  kind: n.kind === 'help' ? 'ask' : 'warn', head: `${n.agent} ${NOTICE_HEADS[n.kind] ?? ''}`, text: n.text, since: n.at, href: '',
});

function breaches({ day, today }) {
  const out = [];
  if (day.connect_rate.breach) {
    out.push({ kind: 'warn', head: `24小时接通率 ${percent(day.connect_rate.value)}%，低于 ${Math.round(day.connect_rate.standard * 100)}%`, text: division(day.connect_rate), href: callsOf('lost', '24h') });
  }
  if (today.within_15s_rate.breach) {
    out.push({ kind: 'warn', head: `15秒接通率 ${percent(today.within_15s_rate.value)}%`, text: division(today.within_15s_rate), href: callsOf('within-15s') });
  }
  return out;
}
