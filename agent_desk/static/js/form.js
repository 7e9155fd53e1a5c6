// The ticket form: one per call, kept as it is typed, saved under its own key until it is taken.

import { need, say, show } from './dom.js';
import * as drafts from './drafts.js';
import { blank, bodyOf, faultsOf, fresh, newKey, remembered, withHis, worthKeeping } from './form-data.js';
import { fitLines, flash, oneLine } from './form-field.js';
import { date } from './format.js';
import { SLOTS, accepted, allHis, bySlot, evidenceOf, marksOf, merge, standing, touched, waiting } from './slots.js';
import { paintStanding } from './slot-view.js';
import { finalOf } from './words-view.js';

const STORE_AFTER_MS = 400;

/** Emits `due` (the type changed), `state` (open | sending | waiting | saved), `stored`, `heard`
 * (detail: the slots the words filled just now), `standing` (what a slot stands on changed). */
export class TicketForm extends EventTarget {
  #root;
  #user;
  #units;
  #popId = null;
  #draft = null;
  #timer = 0;
  #frame = null;
  #heard = {};
  #words = undefined;
  #marks = [];

  constructor(root, user) {
    super();
    this.#root = root;
    this.#user = user;
    this.#units = unitsOf(root);
    root.addEventListener('input', (e) => this.#typed(e));
    // What the words said while somebody was in a slot is filled in once he has left it.
    root.addEventListener('focusout', () => setTimeout(() => this.#merge(), 0));
    root.addEventListener('submit', (e) => e.preventDefault());
    root.addEventListener('keydown', oneLine);
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
    this.#draft = withHis(drafts.load(this.#user, pop.pop_id) ?? fresh(pop));
    this.#deaf();
    this.#paint();
  }

  /** No call: the form is empty and closed. */
  close() {
    if (this.#popId === null) return;
    this.flush();
    this.#popId = null;
    this.#draft = null;
    this.#deaf();
    this.#paint();
  }

  /** Forgets what was typed for this call. */
  discard() {
    clearTimeout(this.#timer);
    if (this.#popId) drafts.drop(this.#user, this.#popId);
    this.#popId = null;
    this.#draft = null;
    this.#deaf();
    this.#paint();
  }

  flush() {
    clearTimeout(this.#timer);
    if (!this.#popId || !this.#draft || !worthKeeping(this.#draft) || this.#draft.state === 'saved') return;
    const kept = drafts.store(this.#user, this.#popId, this.#draft);
    this.dispatchEvent(new CustomEvent('stored', { detail: kept }));
  }

  // ------------------------------------------------------------------------- what was heard

  /** The newest draft of this call and its words: fills what the agent has not touched. */
  hear(frame, words) {
    // A partial changes no final, and only finals are pointed at.
    const news = frame !== this.#frame;
    if (!this.#draft || (!news && words?.finals === this.#words?.finals)) return;
    this.#frame = frame;
    this.#words = words;
    if (news) this.#heard = bySlot(frame);
    this.#merge();
    if (!frame) this.#proofs();
  }

  /** What the words propose for this slot is taken; with `value` another of the candidates. */
  take(slot, value = null) {
    const proposed = this.#heard[slot];
    if (!this.#writable || !proposed || !this.#fits(slot, value ?? proposed.value)) return;
    const form = { ...this.#draft, state: 'open', saved: null };
    this.#change(value === null ? accepted(form, slot, proposed) : touched(form, slot, value, proposed));
  }

  /** 还用原话, by key: the slot the focus is in. */
  takeFocused() {
    const slot = this.focused;
    if (slot && standing(this.#draft, slot, this.#heard[slot]).kind !== 'heard') this.take(slot);
  }

  /** Every proposal that waits, and that the agent has not decided otherwise. */
  takeAll() {
    for (const slot of this.waiting) this.take(slot);
  }

  /** The slots with a proposal that waits. */
  get waiting() {
    return this.#writable ? waiting(this.#draft, this.#heard, this.#rules) : [];
  }

  /** How many slots stand on words. */
  get proven() {
    return this.#draft ? evidenceOf(this.#draft, this.#heard).length : 0;
  }

  /** The slot the focus is in, or ''. */
  get focused() {
    const at = document.activeElement;
    return this.#root.contains(at) ? (at.closest('[data-slot]')?.dataset.slot ?? '') : '';
  }

  /** The words to mark, as slots.js gives them; the same list while nothing changed. */
  marks(lit) {
    const list = this.#draft ? marksOf(this.#draft, this.#heard, { ...this.#rules, lit }) : [];
    const shown = this.#draft?.state === 'saved' ? list.filter((m) => m.firm) : list;
    if (JSON.stringify(shown) !== JSON.stringify(this.#marks)) this.#marks = shown;
    return this.#marks;
  }

  /** A card's wording was adopted `at` (ms), or, with null, was not after all; kept with the form. */
  use({ article, version, title, words }, at) {
    if (!this.#draft) return;
    const { [article]: _, ...others } = this.#draft.cards;
    const card = { version, title, words, at };
    this.#draft = { ...this.#draft, cards: at === null ? others : { ...others, [article]: card } };
    this.#later();
  }

  /** The agent takes these values, as if typed. */
  put(values) {
    if (!this.#writable) return;
    let form = { ...this.#draft, state: 'open', saved: null };
    for (const [slot, value] of Object.entries(values)) {
      if (this.#fits(slot, value)) form = touched(form, slot, value, this.#heard[slot]);
    }
    this.#change(form);
  }

  /** What stands beside the slots: `intake`, what the form becomes (see intake-model.js, null: an
   * ordinary ticket); `channel`, how the caller hears of the result (回访方式); `reply`, what he was
   * told (答复). */
  beside(values) {
    if (!this.#writable) return;
    this.#draft = { ...this.#draft, ...values, state: 'open', saved: null, touched: true };
    this.#later();
    this.dispatchEvent(new Event('standing'));
  }

  /** The cards adopted for this ticket, by article. */
  get used() {
    return this.#draft?.cards ?? {};
  }

  // ------------------------------------------------------------------------- saving

  /** The body of POST /api/tickets, or null with the faults marked and the first one focused. */
  ticket() {
    const values = this.#draft.fields;
    const faults = faultsOf(values, this.#units);
    this.#mark(faults);
    const first = SLOTS.find((f) => faults[f]);
    if (first) {
      this.focus(first);
      return null;
    }
    return bodyOf(this.#draft, this.#units, this.#heard);
  }

  /** The body of a draft that is not on the screen. */
  bodyOf(draft) {
    return bodyOf(withHis(draft), this.#units, {});
  }

  setState(state, saved = null) {
    if (!this.#draft) return;
    this.#draft = { ...this.#draft, state, saved };
    // A saved form is remembered by its number alone: a reload must not offer it as a new one.
    if (state === 'saved') drafts.store(this.#user, this.#popId, remembered(this.#draft));
    else if (state !== 'open') this.flush();
    this.#paintState();
    this.#proofs();
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  /** The same caller has a second matter: a new form, who and where from are kept. */
  another() {
    const { contact, phone, confidential } = this.#draft.fields;
    this.#draft = {
      ...this.#draft, key: newKey(), state: 'open', saved: null, touched: true, cards: {}, intake: null, reply: '',
      fields: { ...blank(), contact, phone, confidential }, his: allHis(this.#heard),
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

  get #writable() {
    return this.#draft?.state === 'open' || this.#draft?.state === 'waiting';
  }

  get #rules() {
    return { fits: (slot, value) => this.#fits(slot, value) };
  }

  #fits(slot, value) {
    return slot !== 'unit' || this.#units.has(value);
  }

  #deaf() {
    this.#frame = null;
    this.#heard = {};
    this.#words = undefined;
  }

  #merge() {
    if (this.#draft?.state !== 'open' || !this.#frame) return;
    const stands = (from) => finalOf(this.#words, from) !== null;
    const merged = merge(this.#draft, this.#heard, { ...this.#rules, focused: this.focused, stands });
    if (merged !== this.#draft) this.#change(merged, true);
    else this.#proofs();
  }

  /** The form is another one now: on the page, in the store, under its slots. */
  #change(form, byWords = false) {
    const before = this.#draft;
    this.#draft = form;
    const changed = SLOTS.filter((slot) => form.fields[slot] !== before.fields[slot]);
    for (const slot of changed) {
      this.#write(slot);
      this.#unmark(slot);
      if (byWords) flash(this.#slot(slot));
    }
    this.#later();
    this.#proofs();
    if (changed.includes('type')) this.dispatchEvent(new Event('due'));
    this.dispatchEvent(new Event('standing'));
    if (byWords && changed.length) this.dispatchEvent(new CustomEvent('heard', { detail: changed }));
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), STORE_AFTER_MS);
  }

  #typed(event) {
    if (!this.#draft) return;
    const { name, type, checked, value } = event.target;
    if (!name) return;
    const open = { ...this.#draft, state: 'open', saved: null };
    if (type === 'checkbox') this.#draft = { ...open, touched: true, fields: { ...open.fields, [name]: checked } };
    else this.#draft = touched(open, name, value, this.#heard[name]);
    this.#unmark(name);
    this.#later();
    if (name === 'address') fitLines(event.target);
    if (name === 'type') this.dispatchEvent(new Event('due'));
    this.#proofs();
    this.dispatchEvent(new Event('standing'));
  }

  #mark(faults) {
    for (const field of SLOTS) {
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
    if (!SLOTS.includes(field)) return;
    const slot = this.#slot(field);
    slot.classList.remove('slot--bad');
    say(need('.err', slot), '');
    this.#input(field).removeAttribute('aria-invalid');
  }

  #paint() {
    need('fieldset', this.#root).disabled = this.#draft === null;
    for (const slot of SLOTS) this.#write(slot);
    this.#input('confidential').checked = this.#draft?.fields.confidential === true;
    this.#mark({});
    this.#proofs();
    this.#paintState();
    this.dispatchEvent(new Event('due'));
  }

  #write(slot) {
    const value = this.#value(slot);
    if (slot === 'type') {
      for (const radio of this.#root.querySelectorAll('[name=type]')) radio.checked = radio.value === value;
    } else if (this.#input(slot).value !== value) {
      this.#input(slot).value = value;
    }
    if (slot === 'address') fitLines(this.#input(slot));
  }

  #proofs() {
    for (const slot of SLOTS) {
      const state = this.#standing(slot);
      const at = state.kind === 'heard' ? (finalOf(this.#words, state)?.at ?? null) : null;
      paintStanding(this.#slot(slot), slot, state, at);
    }
  }

  #standing(slot) {
    if (!this.#draft) return { kind: 'none' };
    const state = standing(this.#draft, slot, this.#heard[slot], this.#rules);
    const over = this.#draft.state === 'saved' && state.kind !== 'heard' && state.kind !== 'line';
    return over ? { kind: 'none' } : state;
  }

  #paintState() {
    const state = this.#draft?.state ?? 'none';
    this.#root.dataset.state = state;
    const saved = this.#draft?.saved;
    const done = need('#saved', this.#root);
    show(done, state === 'saved' && Boolean(saved));
    if (saved) say(need('#saved-number', this.#root), saved.number);
    if (saved) say(need('#saved-due', this.#root), saved.said || dueWords(saved.due));
    const shut = !this.#draft || state === 'saved' || state === 'sending';
    need('fieldset', this.#root).disabled = shut;
    // Nothing within takes the focus then: the keys scroll the box itself.
    need('.body', this.#root).tabIndex = shut ? 0 : -1;
  }

  #slot(field) { return need(`[data-slot=${field}]`, this.#root); }
  #input(field) { return need(`[name=${field}]`, this.#root); }
  #value(field) { return this.#draft?.fields[field] ?? ''; }
}

const unitsOf = (root) =>
  new Map([...root.querySelectorAll('#units option')].map((o) => [o.value, o.dataset.id]));

const dueWords = (due) => (due.due_at ? `到期 ${date(due.due_at)}` : '本市办法未规定办理期限，列入待定期限');
