// 通话经过: the lines of course.js on the page.

import { fill, h } from './dom.js';
import { clock } from './format.js';

/** `lines` null: there is no call. */
export function paintCourse(zone, lines) {
  if (lines === null) {
    fill(zone, h('div', { class: 'empty' }, h('b', {}, '没有通话'),
      '来电振铃后，排队、振铃、接通、保持、转接的时刻依次记在这里。'));
    return;
  }
  fill(zone, h('ol', { class: 'course' }, lines.map(item)));
}

const item = (line) => h('li', { class: line.kind ? `course--${line.kind}` : '' },
  h('time', { class: 'num' }, clock(line.at)),
  h('p', {}, h('b', {}, line.what), line.more ? h('span', { class: 'soft' }, `　${line.more}`) : null));
