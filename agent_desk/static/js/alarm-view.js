// The emergency row in place of the menu: where the way to 110/119/120/122 stands, rung by rung.

import { duration, seconds } from './format.js';
import { fill, h, key } from './dom.js';
import { SERVICES, headline, rung } from './words.js';

const STEP_SHOWN = new Set(['trying', 'ringing', 'failed', 'answered', 'queued', 'cancelled', 'told']);

/** After F9: which service. Amber: nothing has happened yet. */
export function paintChoice(row, suggested) {
  row.className = 'alarm alarm--amber';
  fill(
    row, h('strong', {}, '移交紧急服务'),
    h('span', { class: 'grow' }, '按数字，立即转接'),
    Object.entries(SERVICES).map(([number, word], i) =>
      h('button', {
        class: `btn${number === suggested ? ' btn--now' : ''}`, type: 'button',
        'data-do': `hand-over-${number}`,
      }, key(String(i + 1)), `${number} ${word}`)),
    h('button', { class: 'btn', type: 'button', 'data-do': 'escape' }, key('Esc'), '取消'),
  );
}

/** The ladder. `where` names the caller on the board; `now` in ms. */
export function paintLadder(row, emergency, { now, number = '', acts = [] }) {
  row.className = 'alarm';
  const steps = rungs(emergency.steps);
  fill(
    row, h('strong', {}, headline(emergency)),
    h('ol', { class: 'ladder grow', 'aria-label': '移交经过' }, steps.map(stepItem)),
    number ? h('span', { class: 'num' }, number) : null,
    h('span', { class: 'num', 'data-since': '' }, tail(emergency, now)),
    acts,
  );
}

/** One entry a trunk, with what became of it: 第 1 线忙 → 第 2 线振铃. */
function rungs(steps) {
  const shown = steps.filter((s) => STEP_SHOWN.has(s.phase));
  return shown.filter((s, i) => {
    const next = shown[i + 1];
    return !(next && next.trunk !== null && next.trunk === s.trunk);
  });
}

function stepItem(step) {
  const took = step.elapsed_ms === null ? '' : seconds(step.elapsed_ms);
  return h('li', { class: `rung rung--${step.phase}` }, rung(step), took ? h('span', { class: 'num' }, ` ${took}`) : null);
}

/** Seconds since it began, fixed once it is over. */
export function tail(emergency, now) {
  if (emergency.phase === 'answered' && emergency.elapsed_ms !== null) {
    return `用时 ${seconds(emergency.elapsed_ms)}`;
  }
  const end = emergency.ended_at ? Date.parse(emergency.ended_at) : now;
  return `已 ${duration((end - Date.parse(emergency.started_at)) / 1000)}`;
}
