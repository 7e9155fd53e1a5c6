// The ticket form as data: a new one, one kept by an older page, and what is sent of it. Pure, but
// for the dice of a key.

import { phone as grouped } from './format.js';
import { intakeBody } from './intake-model.js';
import { SLOTS, evidenceOf } from './slots.js';

export const blank = () => ({ ...Object.fromEntries(SLOTS.map((f) => [f, ''])), confidential: false });

/** The form of a call as it is before anybody has said or typed anything. */
export function fresh(pop) {
  const number = pop.caller.number ?? '';
  return {
    call: pop.call, key: newKey(), state: 'open', touched: false, saved: null, number,
    fields: { ...blank(), phone: grouped(number) }, his: {}, from: {}, cards: {}, intake: null, reply: '',
  };
}

/** What is kept of a saved one: neither whose it was nor what was said. */
export const remembered = (form) => ({ ...form, fields: blank(), cards: {}, intake: null, reply: '' });

/** Whether anything would be lost with it. */
export const worthKeeping = ({ touched, from, cards }) =>
  touched || Object.keys(from).length > 0 || Object.keys(cards).length > 0;

/** A form kept by an older page: what is in it was typed. */
export function withHis(form) {
  if (form.his) return form;
  const typed = SLOTS.filter((slot) => form.fields[slot] && (slot !== 'phone' || form.touched));
  return { ...form, his: Object.fromEntries(typed.map((slot) => [slot, ''])), from: {}, cards: {} };
}

/** What is wrong with the values of a form: a sentence by slot. `units`: ids by name. */
export function faultsOf(values, units) {
  const faults = {};
  if (!values.type) faults.type = '请选类型';
  if (!values.summary.trim()) faults.summary = '请写诉求摘要';
  if (!/^[\d\s\-+()（）]{0,24}$/.test(values.phone)) faults.phone = '电话只能是数字';
  if (values.unit.trim() && !units.has(values.unit.trim())) {
    faults.unit = '目录里没有这个单位，请从列表选，或留空待派';
  }
  return faults;
}

/** The body of POST /api/tickets. `units`: ids by name; `heard`: the draft the page has, by slot. */
export function bodyOf(form, units, heard) {
  const { key, call, fields } = form;
  const text = (name) => fields[name].trim();
  return {
    key, call: call ?? null, type: fields.type, category: text('category'), address: text('address').replace(/\s*\n\s*/g, ' '),
    happened: text('happened'), contact: text('contact'), phone: fields.phone.replace(/[\s\-()（）]/g, ''),
    summary: text('summary'), unit: units.get(text('unit')) ?? null, confidential: fields.confidential === true,
    evidence: evidenceOf(form, heard).map(({ slot, words, leg, from_s }) => ({ slot, words, leg, from_s })),
    intake: intakeBody(form.intake, form.channel, form.reply),
    cards: Object.entries(form.cards ?? {}).map(([article, { version }]) => ({ article, version })),
  };
}

// randomUUID needs https; a desk on a plain-http LAN still has random numbers.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}
