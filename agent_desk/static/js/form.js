// The ticket form: one per call, kept as it is typed, saved under its own key until it is taken.

import { fill, h, need, say, show } from './dom.js';
import * as drafts from './drafts.js';
import { date, phone as grouped } from './format.js';

const FIELDS = ['type', 'category', 'address', 'happened', 'contact', 'phone', 'summary', 'unit'];
const STORE_AFTER_MS = 400;

/** Emits `due` (the type changed), `state` (open | sending | waiting | saved), `stored`. */
export class TicketForm extends EventTarget {
  #root;
  #user;
  #units;
  #popId = null;
  #draft = null;
  #timer = 0;

  constructor(root, user) {
    super();
    this.#root = root;
    this.#user = user;
    this.#units = unitsOf(root);
    root.addEventListener('input', (e) => this.#typed(e));
    root.addEventListener('submit', (e) => e.preventDefault());
    addEventListener('pagehide', () => this.flush());
    document.addEventListener('visibilitychange', () => this.flush());
  }

  get user() { return this.#user; }
  get popId() { return this.#popId; }
  get draft() { return this.#draft; }
  get type() { return this.#value('type'); }
  get untouched() { return !this.#draft?.touched; }
  get busy() { return this.#root.contains(document.activeElement) && !this.untouched; }

  /** Shows the form of this call: as it was left, or new with the caller's number. */
  open(pop) {
    if (pop.pop_id === this.#popId) return;
    this.flush();
    this.#popId = pop.pop_id;
    this.#draft = drafts.load(this.#user, pop.pop_id) ?? fresh(pop);
    this.#paint();
  }

  /** No call: the form is empty and closed. */
  close() {
    if (this.#popId === null) return;
    this.flush();
    this.#popId = null;
    this.#draft = null;
    this.#paint();
  }

  /** Forgets what was typed for this call. */
  discard() {
    clearTimeout(this.#timer);
    if (this.#popId) drafts.drop(this.#user, this.#popId);
    this.#popId = null;
    this.#draft = null;
    this.#paint();
  }

  flush() {
    clearTimeout(this.#timer);
    if (!this.#popId || !this.#draft?.touched || this.#draft.state === 'saved') return;
    const kept = drafts.store(this.#user, this.#popId, this.#draft);
    this.dispatchEvent(new CustomEvent('stored', { detail: kept }));
  }

  /** The body of POST /api/tickets, or null with the faults marked and the first one focused. */
  ticket() {
    const values = this.#draft.fields;
    const faults = this.#faults(values);
    this.#mark(faults);
    const first = FIELDS.find((f) => faults[f]);
    if (first) {
      this.focus(first);
      return null;
    }
    return bodyOf(this.#draft, this.#units);
  }

  /** The body of a draft that is not on the screen. */
  bodyOf(draft) {
    return bodyOf(draft, this.#units);
  }

  setState(state, saved = null) {
    if (!this.#draft) return;
    this.#draft = { ...this.#draft, state, saved };
    // A saved form is remembered by its number alone: a reload must not offer it as a new one.
    if (state === 'saved') drafts.store(this.#user, this.#popId, { ...this.#draft, fields: blank() });
    else if (state !== 'open') this.flush();
    this.#paintState();
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  /** The same caller has a second matter: a new form, who and where from are kept. */
  another() {
    const { contact, phone, confidential } = this.#draft.fields;
    this.#draft = {
      ...this.#draft, key: newKey(), state: 'open', saved: null, touched: true,
      fields: { ...blank(), contact, phone, confidential },
    };
    this.flush();
    this.#paint();
    this.focus('type');
  }

  focus(field) {
    const el = field === 'type'
      ? this.#root.querySelector('[name=type]:checked') ?? this.#input('type')
      : this.#input(field);
    el.focus();
  }

  // -------------------------------------------------------------------------------- inside

  #typed(event) {
    if (!this.#draft) return;
    const { name, type, checked, value } = event.target;
    if (!name) return;
    const fields = { ...this.#draft.fields, [name]: type === 'checkbox' ? checked : value };
    this.#draft = { ...this.#draft, fields, touched: true, state: 'open', saved: null };
    this.#unmark(name);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), STORE_AFTER_MS);
    if (name === 'type') this.dispatchEvent(new Event('due'));
    this.#proofs();
  }

  #faults(values) {
    const faults = {};
    if (!values.type) faults.type = '请选类型';
    if (!values.summary.trim()) faults.summary = '请写诉求摘要';
    if (!/^[\d\s\-+()（）]{0,24}$/.test(values.phone)) faults.phone = '电话只能是数字';
    if (values.unit.trim() && !this.#units.has(values.unit.trim())) {
      faults.unit = '目录里没有这个单位，请从列表选，或留空待派';
    }
    return faults;
  }

  #mark(faults) {
    for (const field of FIELDS) {
      const slot = this.#slot(field);
      const why = faults[field] ?? '';
      slot.classList.toggle('slot--bad', why !== '');
      say(need('.err', slot), why);
      for (const input of slot.querySelectorAll(`[name=${field}]`)) {
        if (why) input.setAttribute('aria-invalid', 'true');
        else input.removeAttribute('aria-invalid');
      }
    }
  }

  #unmark(field) {
    if (!FIELDS.includes(field)) return;
    const slot = this.#slot(field);
    slot.classList.remove('slot--bad');
    say(need('.err', slot), '');
    this.#input(field).removeAttribute('aria-invalid');
  }

  #paint() {
    need('fieldset', this.#root).disabled = this.#draft === null;
    const values = this.#draft?.fields ?? blank();
    for (const field of FIELDS) {
      if (field === 'type') {
        for (const radio of this.#root.querySelectorAll('[name=type]')) radio.checked = radio.value === values.type;
      } else {
        this.#input(field).value = values[field];
      }
    }
    this.#input('confidential').checked = values.confidential === true;
    this.#mark({});
    this.#proofs();
    this.#paintState();
    this.dispatchEvent(new Event('due'));
  }

  // A value that came from the telephone says so; one the agent typed needs no proof.
  #proofs() {
    const proof = need('.proof .from', this.#slot('phone'));
    const own = this.#draft?.number && this.#value('phone').replace(/\s/g, '') === this.#draft.number;
    fill(proof, own ? [h('span', { class: 'ch' }, '电'), ' 来电号码'] : null);
  }

  #paintState() {
    const state = this.#draft?.state ?? 'none';
    this.#root.dataset.state = state;
    const saved = this.#draft?.saved;
    const done = need('#saved', this.#root);
    show(done, state === 'saved' && Boolean(saved));
    if (saved) say(need('#saved-number', this.#root), saved.number);
    if (saved) say(need('#saved-due', this.#root), dueWords(saved.due));
    need('fieldset', this.#root).disabled = !this.#draft || state === 'saved' || state === 'sending';
  }

  #slot(field) { return need(`[data-slot=${field}]`, this.#root); }
  #input(field) { return need(`[name=${field}]`, this.#root); }
  #value(field) { return this.#draft?.fields[field] ?? ''; }
}

const unitsOf = (root) =>
  new Map([...root.querySelectorAll('#units option')].map((o) => [o.value, o.dataset.id]));

function bodyOf({ key, call, fields }, units) {
  const text = (name) => fields[name].trim();
  return {
    key, call: call ?? null, type: fields.type, category: text('category'), address: text('address'),
    happened: text('happened'), contact: text('contact'), phone: fields.phone.replace(/[\s\-()（）]/g, ''),
    summary: text('summary'), unit: units.get(text('unit')) ?? null, confidential: fields.confidential === true,
  };
}

const dueWords = (due) => (due.due_at ? `到期 ${date(due.due_at)}` : '本市办法未规定办理期限，列入待定期限');

const blank = () => ({ ...Object.fromEntries(FIELDS.map((f) => [f, ''])), confidential: false });

function fresh(pop) {
  const number = pop.caller.number ?? '';
  return {
    call: pop.call, key: newKey(), state: 'open', touched: false, saved: null, number,
    fields: { ...blank(), phone: grouped(number) },
  };
}

// randomUUID needs https; a desk on a plain-http LAN still has random numbers.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}
