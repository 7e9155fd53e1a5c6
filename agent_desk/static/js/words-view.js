// 通话原话: what both sides say, live. Finals are firm, partials grey, a gap says its seconds.

import { fill, h } from './dom.js';
import { clock } from './format.js';

const WHO = { caller: '来电人', agent: '我' };
const painted = new WeakMap();

/** `words`: `{ finals: [said…], partials: { caller, agent } }` of one call, or undefined. */
export function paintSpoken(zone, words) {
  // Asking how far it is scrolled costs a layout of the whole page: only for words that are new.
  if (painted.has(zone) && painted.get(zone) === words) return;
  painted.set(zone, words);
  const finals = words?.finals ?? [];
  const partials = Object.values(words?.partials ?? {}).filter((said) => said && said.text);
  const body = zone.parentElement;
  const atEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 60;
  const list = finals.length || partials.length
    ? h('ol', { class: 'words words--clock' }, finals.map(firm), partials.map(live)) : null;
  // Whoever scrolled up to read is left there; everybody else sees the newest words.
  if (fill(zone, list) && atEnd) body.scrollTop = body.scrollHeight;
}

function firm(said) {
  if (said.gap_s !== null) {
    return h('li', { class: 'gap' }, `转写中断 ${Math.round(said.gap_s)} 秒，录音完整`);
  }
  return h('li', { class: said.leg }, h('time', { class: 'num' }, clock(said.at)),
    h('span', { class: 'who' }, WHO[said.leg]),
    h('p', {}, said.text, said.alarm ? h('span', { class: 'life' }, said.alarm) : null));
}

const live = (said) => h('li', { class: `${said.leg} live` },
  h('time', { class: 'num' }, clock(said.at)),
  h('span', { class: 'who' }, WHO[said.leg]), h('p', {}, said.text));

/** The words of a desk after one more frame; pure. `all` is a Map by call. */
export function withSaid(all, said) {
  const next = new Map(all);
  const before = next.get(said.call) ?? { finals: [], partials: {} };
  const partials = { ...before.partials, [said.leg]: said.final ? null : said };
  const finals = said.final ? [...before.finals, said] : before.finals;
  next.set(said.call, { finals, partials });
  return next;
}
