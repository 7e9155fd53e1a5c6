// The tickets that may be about the same: state, what to say, and the question 有无新情况.

import { h } from './dom.js';
import { date, when } from './format.js';

/** A list item for each; buttons carry `data-settle` and `data-to`. `rule` is the city's rule on
 * repeats (article, words, answer), or null. */
export const knownItems = (tickets, rule) => tickets.map((ticket) => item(ticket, rule));

function item(ticket, rule) {
  const due = ticket.due_at ? `到期 ${date(ticket.due_at)}` : '';
  const facts = [ticket.unit_name, due, `${ticket.last_act} ${when(ticket.last_at)}`].filter(Boolean);
  return h('li', { class: ticket.own ? '' : 'known-other' },
    h('div', { class: 'top' },
      h('a', { class: 'num', href: `/tickets/${ticket.number}`, target: '_blank' }, ticket.number),
      h('span', {}, ticket.why.join('、')),
      h('span', { class: `end st ${ticket.open ? 'st--wait' : 'st--on'}` }, ticket.status)),
    h('p', { class: 'two' }, ticket.summary),
    h('p', { class: 's13 soft' }, facts.join('，')),
    h('p', { class: 'known-say' }, `告知：“${ticket.say}”`),
    ticket.own && rule ? h('p', { class: 's13 soft' }, `${rule.answer || rule.words} `, h('span', { class: 'cite' }, rule.article)) : null,
    h('div', { class: 'do' }, buttons(ticket)));
}

function buttons(ticket) {
  if (ticket.own) {
    return [
      h('b', {}, '有无新情况'),
      settle('news', ticket, '有，另立并相连'),
      settle('again', ticket, '没有，记下告知'),
    ];
  }
  return [ticket.joins ? settle('join', ticket, '是同一件，并入') : null];
}

const settle = (how, ticket, text) =>
  h('button', { class: 'btn btn--small', type: 'button', 'data-settle': how, 'data-to': ticket.number }, text);
