// The board's day: bars by half hours (answered, lost), the rolling connect rate under them.
// Drawn at the width it has, so that text is never scaled; repainted, never animated.

import { hourMinute } from './format.js';

const NS = 'http://www.w3.org/2000/svg';
const HALVES = 48;
const STANDARD = 0.95;

function s(tag, attributes, text = '') {
  const el = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, String(value));
  if (text) el.textContent = text;
  return el;
}

/** Start of the half hour as its number of the day, by the wall clock of the city. */
const slotOf = (half) => {
  const [h, m] = hourMinute(half.start).split(':').map(Number);
  return h * 2 + (m >= 30 ? 1 : 0);
};

/** A step for the axis such that four or five lines suffice. */
export function stepFor(most) {
  const raw = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
}

/** The chart as an svg element; `now` in ms. */
export function drawDay(halves, { width, height, now }) {
  const box = { left: 36, right: width - 76, top: 10, split: Math.round(height * 0.66), bottom: height - 10 };
  const svg = s('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label(halves) });
  const x = (slot) => box.left + ((box.right - box.left) * slot) / HALVES;
  bars(svg, halves, box, x);
  rateLine(svg, halves, box, x);
  const [h, m] = hourMinute(now).split(':').map(Number);
  const at = x(h * 2 + m / 30);
  svg.append(s('line', { class: 'now', x1: at, x2: at, y1: box.top, y2: box.bottom }));
  return svg;
}

function label(halves) {
  const sum = (key) => halves.reduce((n, half) => n + half[key], 0);
  return `今日每半小时进线与呼损：进线 ${sum('offered')}，接通 ${sum('answered')}，呼损 ${sum('lost')}；下方为 24 小时接通率`;
}

function bars(svg, halves, box, x) {
  const most = Math.max(4, ...halves.map((h) => h.answered + h.lost));
  const step = stepFor(most);
  const top = Math.ceil(most / step) * step;
  const floor = box.split - 22;
  const y = (n) => floor - ((floor - box.top) * n) / top;
  for (let n = step; n <= top; n += step) {
    svg.append(s('line', { class: 'gl', x1: box.left, x2: box.right, y1: y(n), y2: y(n) }));
    svg.append(s('text', { x: box.left - 6, y: y(n) + 4, 'text-anchor': 'end' }, String(n)));
  }
  for (const half of halves) {
    const slot = slotOf(half);
    const w = x(1) - x(0) - 2;
    svg.append(s('rect', { class: 'answered', x: x(slot) + 1, y: y(half.answered), width: w, height: floor - y(half.answered) }));
    if (half.lost) {
      const sum = half.answered + half.lost;
      svg.append(s('rect', { class: 'lost', x: x(slot) + 1, y: y(sum), width: w, height: y(half.answered) - y(sum) }));
    }
  }
  svg.append(s('line', { class: 'axis', x1: box.left, x2: box.right, y1: floor, y2: floor }));
  for (let h = 0; h <= 24; h += 3) {
    svg.append(s('text', { x: x(h * 2), y: floor + 16, 'text-anchor': 'middle' }, String(h).padStart(2, '0')));
  }
  svg.append(s('text', { x: box.right + 8, y: box.top + 10 }, '通／半小时'));
}

function rateLine(svg, halves, box, x) {
  const rates = halves.filter((h) => h.connect_rate_24h !== null);
  const lowest = Math.min(STANDARD, ...rates.map((h) => h.connect_rate_24h));
  const low = Math.max(0, Math.floor((lowest - 0.01) * 50) / 50);
  const high = Math.min(1, Math.max(STANDARD, ...rates.map((h) => h.connect_rate_24h)) + 0.01);
  const y = (v) => box.bottom - ((box.bottom - box.split - 6) * (v - low)) / (high - low);
  svg.append(s('line', { class: 'limit', x1: box.left, x2: box.right, y1: y(STANDARD), y2: y(STANDARD) }));
  const last = rates.at(-1);
  const lastY = last ? y(last.connect_rate_24h) : null;
  const near = lastY !== null && Math.abs(lastY - y(STANDARD)) < 14;
  const standardY = near ? (lastY <= y(STANDARD) ? lastY + 14 : lastY - 14) : y(STANDARD);
  svg.append(s('text', { class: 'warntext', x: box.right + 8, y: standardY + 4 }, '95% 标准'));
  if (!last) return;
  const points = rates.map((h) => `${x(slotOf(h) + 1).toFixed(1)},${y(h.connect_rate_24h).toFixed(1)}`);
  svg.append(s('polyline', { class: 'rate', points: points.join(' ') }));
  svg.append(s('text', { class: 'strong', x: box.right + 8, y: lastY + 4 }, `${(last.connect_rate_24h * 100).toFixed(1)}%`));
}
