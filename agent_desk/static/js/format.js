// How durations, times and numbers are written (design.md, section 8).

const zone = document.documentElement.dataset.zone || 'Asia/Shanghai';
const parts = new Intl.DateTimeFormat('zh-CN', {
  timeZone: zone, hourCycle: 'h23',
  year: 'numeric', month: 'numeric', day: 'numeric', weekday: 'short',
  hour: '2-digit', minute: '2-digit', second: '2-digit',
});

function fields(at) {
  const out = {};
  for (const { type, value } of parts.formatToParts(new Date(at))) out[type] = value;
  return out;
}

/** Seconds as `02:47`, from an hour on `1:02:47`. Below zero counts as zero. */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, '0');
  const h = Math.floor(s / 3600);
  return `${h ? `${h}:` : ''}${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** `10:42` */
export function hourMinute(at) {
  const f = fields(at);
  return `${f.hour}:${f.minute}`;
}

/** `10:42:16` */
export function clock(at) {
  const f = fields(at);
  return `${f.hour}:${f.minute}:${f.second}`;
}

/** `9月28日`, with the year where it is not this one. */
export function date(at, now = Date.now()) {
  const f = fields(at);
  const year = f.year === fields(now).year ? '' : `${f.year}年`;
  return `${year}${f.month}月${f.day}日`;
}

/** `9月28日 周一` */
export function dayAndWeekday(at) {
  const f = fields(at);
  return `${f.month}月${f.day}日 ${f.weekday}`;
}

/** `10:42` today, else `9月21日`. */
export function when(at, now = Date.now()) {
  return sameDay(at, now) ? hourMinute(at) : date(at, now);
}

export function sameDay(a, b) {
  const x = fields(a);
  const y = fields(b);
  return x.year === y.year && x.month === y.month && x.day === y.day;
}

/** A telephone number in the groups people say it in: `138 0000 6027`, `0758 000 3156`. */
export function phone(digits) {
  if (/^1\d{10}$/.test(digits)) return `${digits.slice(0, 3)} ${digits.slice(3, 7)} ${digits.slice(7)}`;
  if (/^\d{3,4}\*{4}\d{3,4}$/.test(digits)) return digits.replace('****', ' **** ');
  const area = /^(010|02\d|0[3-9]\d{2})(\d{3,4})(\d{4})$/.exec(digits);
  return area ? `${area[1]} ${area[2]} ${area[3]}` : digits;
}

/** 0..1 as `95.8`; null as —. */
export const percent = (rate) => (rate === null || rate === undefined ? '—' : (rate * 100).toFixed(1));

/** 1286 as `1,286`. */
export const count = (n) => numbers.format(n);
const numbers = new Intl.NumberFormat('zh-CN');

/** Milliseconds as `6.2 秒`. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} 秒`;
