// 班长台: the whole board comes at most once a second; here it is painted.

import { paintLadder, tail } from './alarm-view.js';
import { figuresOf, needsOf } from './board-model.js';
import { drawDay, fits } from './chart.js';
import { everySecond, now, since } from './clock.js';
import { isPressing } from './desk-state.js';
import { fill, h, need, say, show } from './dom.js';
import { clock, duration, hourMinute, phone } from './format.js';
import { Wire } from './socket.js';
import { OUTCOMES, STATES, STATE_MARK } from './words.js';

const LONG_WRAP_S = 180;
const RESORT_MS = 2000;
const wire = new Wire('/board/socket');
const title = document.title;
let board = null;
let notices = [];
let link = { up: false, why: '', since: null };
let sorted = { at: 0, order: [] };
let drawn = '';
let hidden = '';

wire.addEventListener('frame', ({ detail: frame }) => {
  if (frame.type === 'board') {
    board = frame.board;
    notices = frame.notices;
  } else if (frame.type === 'notice') notices = [...notices, frame];
  paint();
});
wire.addEventListener('link', ({ detail }) => {
  link = detail;
  paint();
});
everySecond(paint);
new ResizeObserver(() => paint()).observe(need('#chart'));
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  hidden = pressing()?.call ?? '';
  // A tip can be put away without moving pointer or focus (WCAG 1.4.13).
  for (const tip of document.querySelectorAll('.tip')) tip.dataset.away = '';
  paint();
});
for (const fig of document.querySelectorAll('.fig')) {
  const back = () => { delete need('.tip', fig).dataset.away; };
  fig.addEventListener('pointerleave', back);
  fig.addEventListener('focusout', back);
}
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-do=escape]')) hidden = pressing()?.call ?? '';
  paint();
});
wire.open();

function paint() {
  paintLink();
  if (!board) return;
  for (const [name, figure] of Object.entries(figuresOf(board))) paintFigure(need(`#fig-${name}`), figure);
  paintAlarm();
  paintNeeds();
  paintSeats();
  paintQueues();
  paintLost();
  paintChart();
}

function paintLink() {
  const down = !link.up && link.since !== null;
  show(need('#offline'), down);
  if (down) say(need('#offline-text'), `与服务器断开 ${duration((Date.now() - link.since) / 1000)}，正在重连。以下是断开前的数字。`);
}

function paintFigure(root, { value, unit, how, tip, href, breach }) {
  root.classList.toggle('fig--warn', breach);
  const id = `${root.id}-tip`;
  const number = href ? h('a', { href, 'aria-describedby': id }, value) : h('span', { tabindex: '0', 'aria-describedby': id }, value);
  const old = need('.value', root).firstElementChild;
  if (old && old.tagName === number.tagName && old.getAttribute('href') === number.getAttribute('href')) say(old, value);
  else fill(need('.value', root), number, h('small', {}, unit));
  const small = root.querySelector('.value small');
  if (small) say(small, unit);
  say(need('.how', root), how);
  const note = need('.tip', root);
  note.id = id;
  fill(note, tip.map((line) => h('p', {}, line)));
}

const pressing = () => board?.emergencies.filter(isPressing).sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at))[0];

function paintAlarm() {
  const first = pressing();
  const shown = first && first.call !== hidden ? first : null;
  show(need('#alarm'), Boolean(shown));
  show(need('.bar'), !shown);
  document.title = shown ? `【${shown.service ?? '紧急'}】${title}` : title;
  if (!shown) return;
  paintLadder(need('#alarm'), shown, {
    now: now(), number: shown.agent ? `席位 ${shown.agent}` : '',
    acts: [
      h('a', { class: 'btn', href: '/emergency' }, '联动记录'),
      h('button', { class: 'btn', type: 'button', 'data-do': 'escape' }, h('kbd', { class: 'key' }, 'Esc'), '收起'),
    ],
  });
}

function paintNeeds() {
  const needs = needsOf(board, notices.filter((n) => since(n.at) < 600));
  say(need('#next-count'), `${needs.length} 件`);
  if (needs.length === 0) {
    fill(need('#next'), h('div', { class: 'empty' }, h('b', {}, '没有需要处理的事'), '求助、紧急移交、弹屏没有确认时，出现在这里。'));
    return;
  }
  fill(need('#next'), h('ul', { class: 'hist' }, needs.map((n) => h('li', {},
    h('div', { class: `note${n.kind ? ` note--${n.kind}` : ''}` },
      h('b', {}, n.head, n.since ? h('span', { class: 'num soft' }, `　${hourMinute(n.since)}`) : null),
      h('span', { class: 's13 soft' }, n.text), n.href ? ['　', h('a', { class: 's13', href: n.href }, '打开')] : null)))));
}

/** By time in state, re-sorted at most every two seconds and never under the pointer. */
function seatOrder() {
  const body = need('#agents');
  if (Date.now() - sorted.at > RESORT_MS && !body.matches(':hover') && !body.contains(document.activeElement)) {
    const rank = (s) => (s.state === 'offline' ? 1 : 0);
    const order = [...board.seats].sort((a, b) => rank(a) - rank(b) || Date.parse(a.since) - Date.parse(b.since));
    sorted = { at: Date.now(), order: order.map((s) => s.agent) };
  }
  const place = new Map(sorted.order.map((agent, i) => [agent, i]));
  return [...board.seats].sort((a, b) => (place.get(a.agent) ?? 999) - (place.get(b.agent) ?? 999));
}

function paintSeats() {
  const seats = seatOrder();
  const here = seats.filter((s) => s.state !== 'offline').length;
  say(need('#agents-count'), `${here} 人在席，按状态时长`);
  fill(need('#agents'), seats.map((s) => {
    const long = s.state === 'wrap-up' && since(s.since) > LONG_WRAP_S;
    const mark = long ? 'warn' : STATE_MARK[s.state];
    return h('tr', { class: s.state === 'offline' ? 'muted' : '' },
      h('td', { class: 'nowrap' }, h('span', { class: 'name' }, s.name), ' ', h('span', { class: 'muted s12 num' }, s.agent)),
      h('td', {}, h('span', { class: `st${mark ? ` st--${mark}` : ''}` }, s.state === 'paused' && s.reason ? s.reason : STATES[s.state])),
      h('td', { class: 'right num' }, duration(since(s.since))),
      h('td', { class: 'soft s13 hide-phone' }, devices(s)),
      h('td', { class: 'right num hide-phone' }, String(s.answered_today)));
  }));
}

function devices(seat) {
  const here = seat.devices.filter((d) => d.reachable).map((d) => (d.name.endsWith('-web') ? '浏览器' : '话机'));
  return here.join('、') || '未登记';
}

function paintQueues() {
  fill(need('#queues'), board.queues.map((q) => h('tr', {},
    h('td', { class: 'nowrap' }, q.title), h('td', { class: 'right num' }, String(q.waiting)),
    h('td', { class: 'right num' }, q.longest_wait_s === null ? '—' : duration(q.longest_wait_s)),
    h('td', { class: 'right num' }, String(q.ready)))));
}

/** How many wait to be called back; an emergency that reached nobody is said in 朱. */
function paintOwed() {
  const { return_calls: open, return_emergencies: urgent } = board;
  const link = need('#owed');
  say(link, urgent ? `待回拨 ${open} 件，紧急 ${urgent}` : `待回拨 ${open} 件`);
  link.classList.toggle('due', urgent > 0);
}

function paintLost() {
  const rows = board.lost_calls;
  say(need('#lost-count'), `${board.today.lost} 通`);
  paintOwed();
  if (rows.length === 0) {
    fill(need('#lost'), h('div', { class: 'empty' }, h('b', {}, '无人被遗漏'), '今日没有呼损。'));
    return;
  }
  fill(need('#lost'), h('table', { class: 'grid grid--tight' },
    h('thead', {}, h('tr', {}, ['号码', '结束', '等了', '情形'].map((w, i) => h('th', { scope: 'col', class: i === 2 ? 'right' : '' }, w)))),
    h('tbody', {}, rows.map((r) => h('tr', {},
      h('td', { class: 'num nowrap' }, phone(r.caller)), h('td', { class: 'num' }, r.ended_at ? hourMinute(r.ended_at) : ''),
      h('td', { class: 'right num' }, r.wait_s === null ? '—' : duration(r.wait_s)),
      h('td', {}, OUTCOMES[r.outcome] ?? r.stage))))));
}

function paintChart() {
  const root = need('#chart');
  const size = { width: root.clientWidth, height: Math.max(root.clientHeight, 180) };
  const mark = JSON.stringify([size, board.halves, clock(now()).slice(0, 5)]);
  if (mark === drawn || !fits(size)) return;
  drawn = mark;
  fill(root, drawDay(board.halves, { ...size, now: now() }));
}
