// What stands under one slot of the form: the words it came from, what else they may mean, and the
// way back to them (see slots.js for the kinds).

import { fill, h, key } from './dom.js';
import { clock } from './format.js';
import { LABELS, MARKS } from './slots.js';

/** `at`: when the words were said, ISO, or null where they are not on the page any more. */
export function paintStanding(el, slot, state, at) {
  if (el.dataset.standing !== state.kind) el.dataset.standing = state.kind;
  const proof = el.querySelector('.proof .from');
  // A chip somebody stands on with the keyboard stays until he has left it.
  if (!proof.contains(document.activeElement)) fill(proof, (KINDS[state.kind] ?? none)(slot, state, at));
}

const none = () => null;
/** Slots so narrow that a chip shows its value alone. */
const HALF = new Set(['contact', 'phone']);

const KINDS = {
  heard: (slot, { words, others }, at) => [
    mark(slot), at ? h('span', { class: 'num' }, clock(at)) : null, quote(words), ...also(slot, others),
  ],
  line: () => [mark('phone'), h('span', { class: 'q' }, '来电号码')],
  maybe: (slot, { value, words, others }) => [
    h('span', { class: 'warn nowrap' }, '待定'), take(slot, '采用', value === words && !HALF.has(slot) ? '' : value),
    ...also(slot, others), quote(words),
  ],
  edited: (slot, { value }) => [h('span', { class: 'tag' }, '我已改'), take(slot, '还用原话', value)],
  again: (slot, { value, words }) => [
    h('span', { class: 'fresh nowrap' }, '又听到'), take(slot, '采用', value), value === words ? null : quote(words),
  ],
  // It fills itself once one goes on: no stop for the Tab key on the way.
  soon: (slot, { value }) => [h('span', { class: 'fresh nowrap' }, '听到'), take(slot, '采用', value, '-1')],
  foreign: (slot, { value, words, others }) => [
    mark(slot), h('span', { class: 'q' }, `“${words}” 指向${value}，目录里没有`), ...also(slot, others),
  ],
};

const mark = (slot) => h('span', { class: 'ch', 'aria-hidden': 'true' }, MARKS[slot]);
const quote = (words) => h('span', { class: 'q', title: words }, `“${words}”`);

function take(slot, word, value, tabindex = null) {
  return h('button', { class: 'chip', type: 'button', 'data-take': slot, title: value, tabindex },
    h('span', { class: 'sr' }, LABELS[slot]), h('span', { class: 'word' }, word),
    value ? h('b', { class: 'one' }, value) : null, key('Alt Z'));
}

/** Further candidates; a title is enough for what is a button of its own. */
const also = (slot, others) => others.map((other) => h('button', {
  class: 'chip', type: 'button', 'data-take': slot, 'data-value': other, title: `改为${other}`,
}, h('span', { class: 'sr' }, `${LABELS[slot]}改为`), h('span', { class: 'one' }, other)));
