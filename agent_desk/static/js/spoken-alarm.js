// Alarming words in a conversation: the row that offers the way to 110/119/120/122. The agent decides.

import { fill, h, key } from './dom.js';
import { SERVICES } from './words.js';

const RANK = { amber: 1, red: 2 };

/** Names one alarm of one call: put away it stays away, a louder one comes all the same. */
export const alarmKey = (said) => (said ? `${said.call}:${said.level}` : '');

/**
 * The most alarming words of the live conversation, or null: nothing alarmed, somebody put it away
 * (`putAway` as alarmKey gives it), or the call is on its way to a service already.
 */
export function spokenAlarm(state, pop, putAway = '') {
  if (pop?.stage !== 'talking' || state.emergencies.get(pop.call)) return null;
  const alarms = (state.words.get(pop.call)?.finals ?? []).filter((said) => said.level in RANK);
  const loudest = alarms.reduce((a, b) => (a && RANK[a.level] >= RANK[b.level] ? a : b), null);
  return loudest && alarmKey(loudest) !== putAway ? loudest : null;
}

/** Where one key hands over to: the rules ask for it (confirming), or red words do; else null. */
export function urgedService(state, pop, putAway = '') {
  const own = pop && state.emergencies.get(pop.call);
  if (own?.phase === 'confirming') return own.service;
  const spoken = spokenAlarm(state, pop, putAway);
  return spoken?.level === 'red' ? spoken.service : null;
}

/** Red: one key hands over. Amber: look, and choose. */
export function paintSpoken(row, said) {
  const red = said.level === 'red';
  const service = `${said.service} ${SERVICES[said.service] ?? ''}`;
  row.className = `alarm${red ? '' : ' alarm--amber'}`;
  fill(
    row, h('strong', {}, red ? `险情 ${service}` : `可能是险情 ${service}`),
    h('span', { class: 'grow' }, said.alarm),
    h('button', { class: 'btn btn--now', type: 'button', 'data-do': 'emergency' },
      key('F9'), red ? `移交 ${said.service}` : '移交'),
    red ? h('button', { class: 'btn', type: 'button', 'data-do': 'choose-service' }, '其他号码') : null,
    h('button', { class: 'btn', type: 'button', 'data-do': 'escape' }, key('Esc'), '不是险情'),
  );
}
