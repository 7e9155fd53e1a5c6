// Who calls, what was before; without a call, what waits for this agent.

import { fill, h } from './dom.js';
import { duration, phone, when } from './format.js';
import { OUTCOMES } from './words.js';

/** The number as it is said; withheld numbers have words instead. */
export const numberOf = (caller) => (caller.withheld ? '未显示号码' : phone(caller.number ?? caller.masked));

/** The zone 来电人与历史 with a call; `todo` are list items of what waits besides, once it is over. */
export function paintCaller(zone, pop, todo = []) {
  const { caller } = pop;
  fill(
    zone,
    h('div', { class: 'person' },
      h('h3', { class: 'num' }, numberOf(caller)),
      h('p', { class: 's13 soft' }, timesWords(caller))),
    openNote(caller.tickets),
    list('我的待办', todo),
    list('历史工单', caller.tickets.map(ticketLine)),
    list('最近来电', caller.last.map(callLine)),
  );
}

function timesWords(caller) {
  if (caller.withheld) return '号码未显示，不能认作同一人，请问清回电号码';
  if (caller.earlier_calls === null) return '正在查以前的来电';
  return caller.earlier_calls === 0 ? '第一次来电' : `以前来过 ${caller.earlier_calls} 次`;
}

function openNote(tickets) {
  const open = tickets.filter((t) => !isClosed(t.status));
  if (open.length === 0) return null;
  return h('div', { class: 'person' },
    h('div', { class: 'note note--ask' },
      h('b', {}, `有 ${open.length} 件在办，请问是否同一件事`),
      h('span', { class: 's13' }, open[0].summary)));
}

const OVER = /^(?:已办结|待回访|已评价|已直接答复|不予受理|暂无法解决备案|异地转办|已撤回|已并单|已归档)$/;
/** Nobody handles it any more: 办结待审 is still with its unit. */
const isClosed = (status) => OVER.test(status);

function list(title, rows) {
  if (rows.length === 0) return null;
  return [h('h3', { class: 'hist-title' }, title), h('ul', { class: 'hist', 'aria-label': title }, rows)];
}

function ticketLine(ticket) {
  return h('li', {},
    h('div', { class: 'top' },
      h('span', { class: 'num' }, when(ticket.at)), h('span', {}, ticket.type),
      h('span', { class: `end st ${isClosed(ticket.status) ? 'st--on' : 'st--wait'}` }, ticket.status)),
    h('p', { class: 'two' }, h('a', { href: `/tickets/${ticket.number}`, target: '_blank' }, ticket.summary)));
}

function callLine(call) {
  const talked = call.talk_s === null ? '' : `，通话 ${duration(call.talk_s)}`;
  return h('li', {},
    h('div', { class: 'top' },
      h('span', { class: 'num' }, when(call.at)),
      h('span', { class: 'end' }, `${OUTCOMES[call.outcome] ?? call.outcome}${talked}`)));
}

/** The zone without a call: the forms that are not saved, then whom to call back (list items). */
export function paintWaiting(zone, unsaved, owed = []) {
  if (unsaved.length === 0 && owed.length === 0) {
    fill(zone, h('div', { class: 'empty' }, h('b', {}, '没有要做的'),
      '没有保存的表、等着回拨的来电人列在这里，刷新、断电都不丢。'));
    return;
  }
  fill(zone, h('ul', { class: 'hist' }, todoLines(unsaved, owed)));
}

/** What waits for this agent, as list items. */
export const todoLines = (unsaved, owed) => [...unsaved.map(draftLine), ...owed];

function draftLine({ popId, number, at, summary }) {
  return h('li', {},
    h('div', { class: 'top' }, h('span', { class: 'num' }, when(at)), h('span', { class: 'end' }, '表未保存')),
    h('p', { class: 'two' }, `${number}　${summary || '还没有写摘要'}`),
    h('div', { class: 'do' },
      h('button', { class: 'btn btn--small', type: 'button', 'data-do': 'open-draft', 'data-pop': popId }, '接着填'),
      h('button', { class: 'btn btn--plain', type: 'button', 'data-do': 'leave-draft', 'data-pop': popId }, '不立单')));
}
