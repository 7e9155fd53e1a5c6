// The board on a wall: the same frames as the board, nothing to press, the clock without seconds.

import { STATES, headline, rung } from './words.js';
import { drawDay, fits } from './chart.js';
import { everySecond, now, since } from './clock.js';
import { isPressing } from './desk-state.js';
import { fill, h, need, say } from './dom.js';
import { dayAndWeekday, duration, hourMinute, percent } from './format.js';
import { Wire } from './socket.js';
import { needsOf } from './board-model.js';

const LONG_WAIT_S = 60;
const SEATS = 16;
const LOOK = { talking: 'busy', held: 'busy', ready: 'free', ringing: 'free' };
const wire = new Wire('/board/socket');
let board = null;
let notices = [];
let link = { up: false, why: '', since: null };
let drawn = '';

wire.addEventListener('frame', ({ detail: frame }) => {
  if (frame.type === 'board') ({ board, notices } = frame);
  paint();
});
wire.addEventListener('link', ({ detail }) => {
  link = detail;
  paint();
});
everySecond(paint);
addEventListener('resize', paint);
wire.open();

function paint() {
  say(need('#wall-clock'), hourMinute(now()));
  say(need('#wall-day'), dayAndWeekday(now()));
  if (!board) return;
  const { today, day, strip } = board;
  number('#wall-loss', today.loss_rate.value);
  say(need('#wall-loss-how'), today.loss_rate.value === null ? '今日还没有进线' : `呼损 ${today.loss_rate.numerator} ÷ 进线 ${today.loss_rate.denominator}`);
  number('#wall-connect', day.connect_rate.value);
  need('#wall-connect-box').classList.toggle('amber', day.connect_rate.breach);
  number('#wall-within', today.within_15s_rate.value);
  say(need('#wall-waiting'), String(strip.waiting));
  const wait = strip.longest_wait_s;
  say(need('#wall-longest'), wait === null ? '—' : duration(wait));
  need('#wall-queue').classList.toggle('amber', wait !== null && wait >= LONG_WAIT_S);
  paintSeats();
  paintChart();
  paintFoot();
}

function number(selector, rate) {
  const el = need(selector);
  say(el, percent(rate));
  el.nextElementSibling.hidden = rate === null;
}

function paintSeats() {
  const { strip, seats, emergencies } = board;
  say(need('#wall-seats-title'), `通话 ${strip.talking}　就绪 ${strip.ready}　整理 ${strip.wrap_up}　小休 ${strip.paused}`);
  const alarmed = new Map(emergencies.filter(isPressing).map((e) => [e.agent, e.service ?? '紧急']));
  const here = seats.filter((s) => s.state !== 'offline').slice(0, SEATS);
  if (here.length === 0) {
    fill(need('#wall-seats'), h('li', { class: 'nobody' }, '没有话务员在席'));
    return;
  }
  fill(need('#wall-seats'), here.map((s) => {
    const life = alarmed.get(s.agent);
    // A long name is cut to the part before the dot, as people call each other.
    return h('li', { class: life ? 'life-seat' : (LOOK[s.state] ?? '') },
      h('b', {}, s.name.split('·')[0]), h('span', { class: 'num' }, `${life ?? STATES[s.state]} ${duration(since(s.since))}`));
  }));
}

function paintChart() {
  const root = need('#wall-chart');
  const size = { width: root.clientWidth, height: root.clientHeight };
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) * 2.1;
  const mark = JSON.stringify([size, unit, board.halves, hourMinute(now())]);
  if (mark === drawn || !fits(size, unit)) return;
  drawn = mark;
  fill(root, drawDay(board.halves, { ...size, now: now(), unit, hours: 6, named: false }));
}

function paintFoot() {
  const foot = need('#wall-foot');
  const life = board.emergencies.find(isPressing);
  foot.classList.toggle('red', Boolean(life));
  if (life) {
    fill(foot, h('b', {}, headline(life)), h('span', {}, rung(life.steps.at(-1) ?? life)), h('span', { class: 'num' }, `已 ${duration(since(life.started_at))}`));
    return;
  }
  if (!link.up && link.since !== null) {
    fill(foot, h('span', { class: 'warn' }, '与服务器断开，以上是断开前的数字'));
    return;
  }
  const [first] = needsOf(board, notices.filter((n) => since(n.at) < 600)).filter((n) => n.kind === 'warn' || n.kind === 'ask');
  fill(foot, first ? h('span', { class: 'warn' }, `${first.head}　${first.text}`) : h('span', { class: 'soft' }, `今日接通 ${board.today.answered}，呼损 ${board.today.lost}`));
}
