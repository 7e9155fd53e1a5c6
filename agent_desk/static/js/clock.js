// The server's time, as well as this machine can know it, and one tick a second for all.

import { clock as clockOf } from './format.js';

let offset = 0;
const listeners = new Set();

/** What the server said `now` was when its first frame came. */
export function setServerTime(iso) {
  const server = Date.parse(iso);
  if (Number.isFinite(server)) offset = server - Date.now();
}

/** Milliseconds of the epoch by the server's clock. */
export const now = () => Date.now() + offset;

/** Seconds from an ISO time until now. */
export const since = (iso) => (now() - Date.parse(iso)) / 1000;

/** Calls `listener` once a second, on the second. */
export function everySecond(listener) {
  listeners.add(listener);
}

function tick() {
  for (const listener of listeners) listener();
  setTimeout(tick, 1000 - (now() % 1000) + 5);
}
setTimeout(tick, 0);

const barClock = document.querySelector('#bar-clock');
if (barClock) {
  const time = barClock.lastChild;
  everySecond(() => {
    const text = clockOf(now());
    if (time.nodeValue !== text) time.nodeValue = text;
  });
}
