// Keeps the server-rendered pages true: asks for the page again every few seconds and exchanges
// the regions marked data-live. A region somebody is working in is left alone.

import { setServerTime } from './clock.js';

const EVERY_MS = 5000;
const TOO_LONG_MS = 8000;

const lost = document.querySelector('#live-lost');
const own = document.querySelector('#bar-clock');
if (own) setServerTime(own.dateTime);

async function refresh() {
  if (document.hidden) return;
  let fresh;
  try {
    const answer = await fetch(location.href, {
      headers: { 'x-refresh': '1' }, credentials: 'same-origin', cache: 'no-store',
      signal: AbortSignal.timeout(TOO_LONG_MS),
    });
    if (answer.redirected) {
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    if (lost) lost.hidden = false;
    return;
  }
  if (lost) lost.hidden = true;
  const time = fresh.querySelector('#bar-clock');
  if (time) setServerTime(time.dateTime);
  for (const region of document.querySelectorAll('[data-live]')) exchange(region, fresh);
}

function exchange(region, fresh) {
  const next = fresh.querySelector(`[data-live="${region.dataset.live}"]`);
  if (!next || next.innerHTML === region.innerHTML || busy(region)) return;
  region.replaceChildren(...next.childNodes);
}

/** Focus inside, or words marked inside: nothing moves under the hand. */
function busy(region) {
  const marked = getSelection();
  return region.contains(document.activeElement)
    || (marked !== null && !marked.isCollapsed && region.contains(marked.anchorNode));
}

setInterval(refresh, EVERY_MS);
document.addEventListener('visibilitychange', refresh);
