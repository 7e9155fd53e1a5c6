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

/** Whether a chart with text of this size can be read in a box of this size at all. */
export const fits = ({ width, height }, unit = 12) => width > unit * 14 && height > unit * 6;

/** Start of the half hour as its number of the day, by the wall clock of the city. */
const slotOf = (half) => {
  const [h, m] = hourMinute(half.start).split(':').map(Number);
  return h * 2 + (m >= 30 ? 1 : 0);
};

/** A round step for the axis such that about so many lines suffice. */
export function stepFor(most, lines = 4) {
  const raw = Math.max(Math.max(most, 4) / lines, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
}

/**
 * The chart as an svg element; `now` in ms, `unit` the size of its text in px, `hours` between the
 * marks of the axis, `named` whether the unit of the bars stands beside them.
 */
export function drawDay(halves, { width, height, now, unit = 12, hours = 3, named = true }) {
  const box = {
    unit, hours, named, left: unit * 3, right: width - unit * (named ? 6.3 : 5), top: unit * 0.85,
    split: Math.round(height * 0.66), bottom: height - unit * 0.85,
  };
  const svg = s('svg', {
    class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label(halves),
  });
  const x = (slot) => box.left + ((box.right - box.left) * slot) / HALVES;
  const [h, m] = hourMinute(now).split(':').map(Number);
  const at = x(h * 2 + m / 30);
  bars(svg, halves, box, x);
  rateLine(svg, halves, box, (half) => Math.min(x(slotOf(half) + 1), at));
  svg.append(s('line', { class: 'now', x1: at, x2: at, y1: box.top, y2: box.bottom }));
  return svg;
}

function label(halves) {
  const sum = (key) => halves.reduce((n, half) => n + half[key], 0);
  return `今日每半小时进线与呼损：进线 ${sum('offered')}，接通 ${sum('answered')}，呼损 ${sum('lost')}；下方为 24 小时接通率`;
}

const text = (box, attributes, words) => s('text', { ...attributes, 'font-size': box.unit }, words);

function bars(svg, halves, box, x) {
  const { unit } = box;
  const most = Math.max(4, ...halves.map((h) => h.answered + h.lost));
  const floor = box.split - unit * 1.8;
  const step = stepFor(most, Math.min(4, Math.max(1, Math.floor((floor - box.top) / (unit * 2)))));
  const top = Math.ceil(most / step) * step;
  const y = (n) => floor - ((floor - box.top) * n) / top;
  for (let n = step; n <= top; n += step) {
    svg.append(s('line', { class: 'gl', x1: box.left, x2: box.right, y1: y(n), y2: y(n) }));
    svg.append(text(box, { x: box.left - unit / 2, y: y(n) + unit / 3, 'text-anchor': 'end' }, String(n)));
  }
  const w = x(1) - x(0) - 2;
  for (const half of halves) {
    const at = x(slotOf(half)) + 1;
    svg.append(s('rect', { class: 'answered', x: at, y: y(half.answered), width: w, height: floor - y(half.answered) }));
    if (!half.lost) continue;
    const sum = half.answered + half.lost;
    svg.append(s('rect', { class: 'lost', x: at, y: y(sum), width: w, height: y(half.answered) - y(sum) }));
  }
  svg.append(s('line', { class: 'axis', x1: box.left, x2: box.right, y1: floor, y2: floor }));
  for (let h = 0; h <= 24; h += box.hours) {
    svg.append(text(box, { x: x(h * 2), y: floor + unit * 1.3, 'text-anchor': 'middle' }, String(h).padStart(2, '0')));
  }
  if (box.named) svg.append(text(box, { x: box.right + unit * 0.7, y: box.top + unit * 0.85 }, '通／半小时'));
}

/** `endOf` gives the x of a half hour's end: now, for the one that runs. */
function rateLine(svg, halves, box, endOf) {
  const { unit } = box;
  const rates = halves.filter((h) => h.connect_rate_24h !== null);
  const all = [STANDARD, ...rates.map((h) => h.connect_rate_24h)];
  const low = Math.max(0, Math.floor((Math.min(...all) - 0.01) * 50) / 50);
  const high = Math.min(1, Math.max(...all) + 0.01);
  const y = (v) => box.bottom - ((box.bottom - box.split - 6) * (v - low)) / (high - low);
  const beside = box.right + unit * 0.7;
  const standard = y(STANDARD);
  svg.append(s('line', { class: 'limit', x1: box.left, x2: box.right, y1: standard, y2: standard }));
  const last = rates.at(-1);
  if (!last) {
    svg.append(text(box, { class: 'warntext', x: beside, y: standard + unit / 3 }, '95% 标准'));
    return;
  }
  const lastY = y(last.connect_rate_24h);
  const away = Math.abs(lastY - standard) < unit * 1.2;
  const standardY = away ? lastY + (lastY <= standard ? 1.2 : -1.2) * unit : standard;
  svg.append(text(box, { class: 'warntext', x: beside, y: standardY + unit / 3 }, '95% 标准'));
  const points = rates.map((h) => `${endOf(h).toFixed(1)},${y(h.connect_rate_24h).toFixed(1)}`);
  svg.append(s('polyline', { class: 'rate', points: points.join(' ') }));
  svg.append(s('circle', { class: 'point', cx: endOf(last), cy: lastY, r: unit / 4 }));
  svg.append(text(box, { class: 'strong', x: beside, y: lastY + unit / 3 }, `${(last.connect_rate_24h * 100).toFixed(1)}%`));
}
