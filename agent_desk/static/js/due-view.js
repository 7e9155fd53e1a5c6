// The due date under the form: what it would be, by which article, and why this day.

import { fill, h } from './dom.js';
import { date } from './format.js';

const WEEKDAYS = '日一二三四五六';
const LONGEST_STRIP = 42;

/** Paints the line; `due` null: no type chosen yet. */
export function paintDue(line, type, due) {
  if (!due) {
    fill(line, h('span', { class: 'muted' }, '选了类型，这里显示期限和依据'));
    return;
  }
  if (due.due_at === null) {
    fill(line, `${type}，`, h('b', {}, '本市办法未规定办理期限'), ' ', why());
    return;
  }
  fill(
    line, h('span', { class: 'wide-only' }, `${type}，`), `${due.limit}，到期 `, h('b', { class: 'num' }, date(due.due_at)),
    due.provisional ? h('span', { class: 'tag tag--warn' }, '暂定') : null, ' ',
    due.article ? h('span', { class: 'cite' }, due.article.number) : null, ' ', why(),
  );
}

const why = () => h('button', { class: 'btn btn--plain', type: 'button', 'data-do': 'why' }, '为什么');

/** The panel behind 为什么. */
export function paintWhy(panel, due) {
  if (!due) return;
  if (due.due_at === null) {
    fill(
      panel, h('p', {}, '查过的条款都没有规定这一类的办理期限，保存后列入“待定期限”：'),
      h('ul', { class: 's13' }, due.searched.map((s) => h('li', {}, s))),
    );
    return;
  }
  fill(
    panel,
    due.article ? h('p', { class: 's13' }, `${due.article.document} ${due.article.number}`) : null,
    due.article?.quote ? h('p', {}, h('q', {}, due.article.quote)) : null,
    dayStrip(due.derivation),
    due.notes.map((n) => h('p', { class: 's13 soft' }, n)),
  );
}

/** One cell per calendar day; a strip too long for the panel is left to the ticket's page. */
function dayStrip(days) {
  if (days.length === 0) return null;
  if (days.length > LONGEST_STRIP) {
    const counted = days.filter((d) => d.counted).length;
    return h('p', { class: 's13 soft' }, `共 ${days.length} 天，计 ${counted} 天，逐日见工单页`);
  }
  return h('ol', { class: 'days days--14' }, days.map((d, i) => dayCell(d, i === days.length - 1)));
}

function dayCell(day, last) {
  const at = new Date(`${day.date}T00:00:00Z`);
  const cls = [day.counted ? 'past' : 'skip-day', last ? 'last' : ''].join(' ').trim();
  return h(
    'li', { class: cls },
    h('span', { class: 'wd' }, WEEKDAYS[at.getUTCDay()]),
    h('span', { class: 'dd' }, `${at.getUTCMonth() + 1}/${at.getUTCDate()}`),
    h('span', { class: 'nn' }, day.counted ? String(day.running ?? '') : '·'),
    h('span', { class: 'why' }, day.why),
  );
}
