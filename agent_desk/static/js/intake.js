// Intake beside the form: what is known already, the directory's matters, 不予受理. It only settles
// what the form becomes; saving it is saving the form.

import { fill, need, say, show } from './dom.js';
import { formFrame, itemLine, knownLine, limitLine, settledLine } from './intake-model.js';
import { knownItems } from './repeats-view.js';

const ASK_AFTER_MS = 400;
const NOTHING = { tickets: [], items: [] };

export class Intake {
  #form;
  #wire;
  #box = need('#intake');
  #list = need('#known-list');
  #refuse = need('#refuse');
  #sent = '';
  #planned = '';
  #timer = 0;
  #call = null;
  #known = NOTHING;
  #open = '';

  constructor(form, wire) {
    this.#form = form;
    this.#wire = wire;
    // Beside the form, not of it: what is typed here is no slot.
    this.#box.addEventListener('input', (e) => e.stopPropagation());
    this.#box.addEventListener('click', (e) => this.#pressed(e));
    this.#refuse.addEventListener('change', (e) => this.#chosen(e));
  }

  /** Called after every change: asks anew where the form changed, shows what is known of it. */
  paint(state, link) {
    const { draft } = this.#form;
    if (!link.up) this.#sent = '';
    this.#ask(link);
    if (draft?.call !== this.#call) this.#turn(draft?.call ?? null);
    this.#known = state.known.get(this.#call) ?? NOTHING;
    const writable = draft?.state === 'open';
    const settled = draft?.intake ? settledLine(draft.intake) : '';
    this.#row('#known', writable && !settled ? knownLine(this.#known.tickets) : '');
    const [item] = this.#known.items;
    const taken = item && draft?.fields.category === item.item && draft?.fields.unit === item.unit_name;
    this.#row('#item', writable && item && !taken && !settled ? itemLine(item) : '', item ? limitLine(item) : '');
    this.#row('#settled', writable || draft?.state === 'waiting' ? settled : '');
    show(need('#refuse-open'), writable && !settled);
    if (!writable || (this.#open === 'known' && this.#known.tickets.length === 0)) this.#open = '';
    show(this.#list, this.#open === 'known');
    show(this.#refuse, this.#open === 'refuse');
    if (this.#open === 'known') fill(need('ul', this.#list), knownItems(this.#known.tickets, this.#rule()));
  }

  commands() {
    return {
      known: () => this.#toggle('known'), refuse: () => this.#toggle('refuse'),
      'take-item': () => this.#take(), unsettle: () => this.#form.beside({ intake: null }), 'settle-refusal': () => this.#settleRefusal(),
    };
  }

  /** Esc closes what is open. Returns whether something was. */
  escape() {
    const was = this.#open !== '';
    this.#open = '';
    return was;
  }

  #turn(call) {
    this.#call = call;
    this.#open = '';
    this.#refuse.querySelectorAll('input[type=radio]').forEach((radio) => { radio.checked = false; });
    for (const name of ['#refuse-words', '#refuse-region', '#refuse-order']) {
      const field = this.#refuse.querySelector(name);
      if (field) field.value = '';
    }
    this.#paintReason();
  }

  #row(name, text, more = '') {
    const row = need(name);
    say(need('.text', row), text);
    const under = row.querySelector('.under');
    if (under) say(under, more);
    show(row, text !== '');
  }

  #ask(link) {
    const frame = link.up ? formFrame(this.#form.draft) : null;
    const text = frame ? JSON.stringify(frame) : '';
    if (!frame || text === this.#sent || text === this.#planned) return;
    this.#planned = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#planned = '';
      if (this.#wire.send(frame)) this.#sent = text;
    }, ASK_AFTER_MS);
  }

  #rule() {
    const { article = '', words = '', answer = '' } = this.#list.dataset;
    return article ? { article, words, answer } : null;
  }

  #toggle(name) {
    const possible = this.#form.draft?.state === 'open' && (name !== 'known' || this.#known.tickets.length > 0);
    this.#open = possible && this.#open !== name ? name : '';
    const panel = name === 'known' ? this.#list : this.#refuse;
    show(panel, this.#open === name);
    if (this.#open === name) panel.focus();
  }

  #take() {
    const [item] = this.#known.items;
    if (item) this.#form.put({ category: item.item, unit: item.unit_name });
  }

  #pressed(event) {
    const button = event.target.closest('[data-settle]');
    if (!button) return;
    const { settle: how, to } = button.dataset;
    const ticket = this.#known.tickets.find((one) => one.number === to);
    this.#open = '';
    this.#form.beside({ intake: { how, to, words: how === 'again' ? ticket?.say ?? '' : '' } });
  }

  // ------------------------------------------------------------------------- 不予受理

  #chosen(event) {
    if (event.target.name !== 'refusal') return;
    this.#paintReason();
    need('#refuse-words').value = event.target.dataset.answer ?? '';
  }

  #paintReason() {
    const code = this.#refuse.querySelector('[name=refusal]:checked')?.value ?? '';
    this.#refuse.dataset.code = code;
    for (const next of this.#refuse.querySelectorAll('[data-next]')) show(next, next.dataset.next === code);
    say(need('#refuse-said'), '');
  }

  #settleRefusal() {
    const chosen = this.#refuse.querySelector('[name=refusal]:checked');
    const value = (name) => this.#refuse.querySelector(name)?.value.trim() ?? '';
    const [words, region, order] = [value('#refuse-words'), value('#refuse-region'), value('#refuse-order')];
    const orderArticle = this.#refuse.querySelector('#refuse-order')?.selectedOptions[0]?.dataset.article ?? '';
    if (!chosen && !region && !order) return say(need('#refuse-said'), '请先选一种情形');
    if (chosen?.value === 'repeated') return say(need('#refuse-said'), '请先在“已有工单”里选是哪一件，问过有无新情况');
    if (chosen && !words) return say(need('#refuse-said'), '请写明理由和告诉来电人的话');
    this.#open = '';
    const refusal = chosen ? { how: 'refuse', code: chosen.value, article: chosen.dataset.article, words } : { how: '' };
    return this.#form.beside({ intake: { ...refusal, region: chosen ? '' : region, order: chosen ? '' : order, orderArticle } });
  }
}
