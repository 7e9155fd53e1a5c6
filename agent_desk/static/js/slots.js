// What the words propose and what the agent wrote, in one form. Pure: no page, no clock.
//
// A form has `fields`; `his`: the slots the agent touched, each with what the words proposed then;
// `from`: the words a value came from, for every slot the words filled. `heard` is the newest draft
// of the server, by slot (see agent_desk/aids.py).

import { phone as grouped } from './format.js';

export const SLOTS = ['type', 'category', 'address', 'happened', 'contact', 'phone', 'summary', 'unit'];

/** 一字标: stands on the slot and on the words it came from. */
export const MARKS = {
  type: '诉', category: '诉', address: '址', happened: '时', contact: '人', phone: '电', summary: '诉', unit: '诉',
};

export const LABELS = {
  type: '类型', category: '事由分类', address: '地址', happened: '时间', contact: '联系人', phone: '电话',
  summary: '诉求摘要', unit: '承办单位',
};

const MOST_OTHERS = 2;

/** The slots of a `draft` frame by name. */
export const bySlot = (frame) => Object.fromEntries((frame?.slots ?? []).map((p) => [p.slot, p]));

const written = (slot, value) => (slot === 'phone' ? grouped(value) : value);
const plain = (slot, value) => (slot === 'phone' ? value.replace(/[\s\-()（）]/g, '') : value.trim());
const same = (slot, a, b) => plain(slot, a) === plain(slot, b);

const evidence = ({ value, words, leg, from_s, start, end }) => ({ value, words, leg, from_s, start, end });

/**
 * The form after a draft. What the agent touched and the slot that has the focus stay as they are.
 * A value whose words were taken back goes, but only while those words stand on the page (`stands`):
 * a server that was restarted has forgotten them and takes nothing back. `fits(slot, value)` is
 * false for what the form cannot take. Returns the same object where nothing changed.
 */
export function merge(form, heard, { focused = '', stands = () => true, fits = () => true } = {}) {
  const fields = { ...form.fields };
  const from = { ...form.from };
  for (const slot of SLOTS) {
    if (slot in form.his || slot === focused) continue;
    const proposed = heard[slot];
    if (proposed?.sure && fits(slot, proposed.value)) {
      if (!same(slot, fields[slot], proposed.value)) fields[slot] = written(slot, proposed.value);
      from[slot] = evidence(proposed);
    } else if (from[slot] && (proposed || stands(from[slot]))) {
      if (same(slot, fields[slot], from[slot].value)) fields[slot] = slot === 'phone' ? written(slot, form.number) : '';
      delete from[slot];
    }
  }
  const changed = SLOTS.some((s) => fields[s] !== form.fields[s]) || !isEqual(from, form.from);
  return changed ? { ...form, fields, from } : form;
}

const isEqual = (a, b) => JSON.stringify(SLOTS.map((s) => a[s])) === JSON.stringify(SLOTS.map((s) => b[s]));

/** The agent wrote, picked or cleared this slot: from now on it is his. */
export function touched(form, slot, value, proposed) {
  return {
    ...form, touched: true,
    fields: { ...form.fields, [slot]: value }, his: { ...form.his, [slot]: proposed?.value ?? '' },
  };
}

/** The agent takes what the words propose. What is not sure becomes his: he has decided. */
export function accepted(form, slot, proposed) {
  const his = { ...form.his };
  if (proposed.sure) delete his[slot];
  else his[slot] = proposed.value;
  return {
    ...form, his, touched: true,
    fields: { ...form.fields, [slot]: written(slot, proposed.value) },
    from: { ...form.from, [slot]: evidence(proposed) },
  };
}

/** A second matter of the same call: nothing of the first is filled in again by itself. */
export const allHis = (heard) => Object.fromEntries(SLOTS.map((s) => [s, heard[s]?.value ?? '']));

/** The words the value of a slot is said in, or null: it is the agent's own. */
function proofOf(form, slot, proposed) {
  const [value, from] = [form.fields[slot], form.from[slot]];
  if (from && same(slot, value, from.value)) return from;
  return proposed && value && same(slot, value, proposed.value) ? evidence(proposed) : null;
}

/**
 * What stands under a slot: `kind` is
 * `heard` its value came from these words, `line` from the telephone line, `maybe` a proposal to
 * take, `edited` the agent's, and the words said otherwise, `again` the words say something new
 * since, `soon` it is filled in when the focus has left the slot, `foreign` the words name what the
 * form cannot take, `none`.
 */
export function standing(form, slot, proposed, { fits = () => true } = {}) {
  const value = form.fields[slot];
  const fitting = (proposed?.others ?? []).filter((other) => fits(slot, other) && !same(slot, other, value));
  const others = fitting.slice(0, MOST_OTHERS);
  const proof = proofOf(form, slot, proposed);
  const decided = slot in form.his;
  const anew = decided && proposed && !same(slot, value, proposed.value) && form.his[slot] !== proposed.value;
  if (proof && !anew) return { kind: 'heard', ...proof, others };
  if (slot === 'phone' && form.number && same(slot, value, form.number) && !proposed) return { kind: 'line', others };
  if (!proposed) return { kind: 'none', others };
  const found = { ...evidence(proposed), others };
  if (!fits(slot, proposed.value)) return { kind: 'foreign', ...found };
  if (decided) return { kind: anew ? 'again' : 'edited', ...found };
  return { kind: proposed.sure ? 'soon' : 'maybe', ...found };
}

/** The slots whose proposal waits for the agent, and that he has not decided otherwise. */
export const waiting = (form, heard, options) =>
  SLOTS.filter((slot) => standing(form, slot, heard[slot], options).kind === 'maybe');

/** For the ticket: the words of every slot whose value is still what they said. */
export function evidenceOf(form, heard) {
  const found = [];
  for (const slot of SLOTS) {
    const proof = proofOf(form, slot, heard[slot]);
    if (proof) found.push({ slot, ...proof });
  }
  return found;
}

/** The words to mark on the page: `[{ slot, mark, firm, words, leg, from_s, start, end }]`. */
export function marksOf(form, heard, { fits, lit = '' } = {}) {
  const marks = [];
  for (const slot of SLOTS) {
    const { kind, words, leg, from_s, start, end } = standing(form, slot, heard[slot], { fits });
    const shown = kind === 'heard' || kind === 'maybe' || slot === lit;
    if (shown && words) marks.push({ slot, mark: MARKS[slot], firm: kind === 'heard', lit: slot === lit, words, leg, from_s, start, end });
  }
  return marks;
}

/**
 * A text in pieces where marks begin and end: `[{ text, slots, ends, firm, lit }]`; `ends` are the
 * 一字标 to set after the piece. Positions count characters as the server counts them (a rare 汉字
 * is one). A mark whose words are not there is left out. The summary is marked only while lit: it
 * is most of what was said.
 */
export function pieces(text, marks) {
  const chars = [...text];
  const own = marks.filter((m) => (m.slot !== 'summary' || m.lit) && chars.slice(m.start, m.end).join('') === m.words);
  const cuts = [...new Set([0, chars.length, ...own.flatMap((m) => [m.start, m.end])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((at, i) => {
    const end = cuts[i + 1];
    const over = own.filter((m) => m.start <= at && m.end >= end);
    return {
      text: chars.slice(at, end).join(''), slots: over.map((m) => m.slot),
      ends: [...new Set(over.filter((m) => m.end === end).map((m) => m.mark))],
      firm: over.some((m) => m.firm), lit: over.some((m) => m.lit),
    };
  });
}
