// The line at the foot of the desk.

import { fill, h } from './dom.js';
import { count, duration, percent } from './format.js';

const LONG_WAIT_S = 60;

export function paintStrip(row, strip, link) {
  if (!strip) return;
  const wait = strip.longest_wait_s;
  fill(
    row,
    item('排队', strip.waiting),
    item('最长等待', wait === null ? '—' : duration(wait), wait !== null && wait >= LONG_WAIT_S ? ' warn' : ''),
    item('通话', strip.talking), item('就绪', strip.ready), item('整理', strip.wrap_up), item('小休', strip.paused),
    item('今日进线', count(strip.offered_today)),
    item('呼损率', rate(strip.loss_rate)),
    h('span', { class: 'wide-only' }, '24小时接通率 ', h('b', { class: 'num' }, rate(strip.connect_rate_24h))),
    h('span', { class: 'end wide-only' },
      h('kbd', { class: 'key' }, '?'), ' 全部快捷键　', h('kbd', { class: 'key' }, 'F6'), ' 换区　', link),
  );
}

const item = (word, value, cls = '') => h('span', {}, `${word} `, h('b', { class: `num${cls}` }, String(value)));
const rate = (value) => (value === null ? '—' : `${percent(value)}%`);
