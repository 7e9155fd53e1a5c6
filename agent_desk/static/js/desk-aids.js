// What helps while the caller speaks: words that fill the form and are marked, answer cards that
// stand beside it. Joins the form, 通话原话 and 知识答案.

import { AnswerMarks } from './answers-marks.js';
import { AnswersView } from './answers-view.js';
import { post } from './api.js';
import { now } from './clock.js';
import { need, say, show } from './dom.js';
import { DeskSearch } from './desk-search.js';
import { FollowUpBy } from './follow-up-by.js';
import { Intake } from './intake.js';
import { NoticesView } from './notices-view.js';
import { ReplyView } from './reply-view.js';
import { LABELS } from './slots.js';
import { UrgentView } from './urgent-view.js';
import { SpokenView } from './words-view.js';

const TELL_AFTER_MS = 1500;
const NO_MARKS = [];

export class DeskAids {
  #form;
  #intake;
  #followUpBy;
  #reply;
  #notices;
  #spoken = new SpokenView(need('#spoken'), need('#words-new'));
  #answers = new AnswersView(need('.z-answers'));
  #opinions = new AnswerMarks(post);
  #search = new DeskSearch(need('.z-answers'));
  #lit = { slot: '', hover: false, since: 0 };
  #seen = null;
  #untold = new Set();
  #timer = 0;

  constructor(form, wire) {
    this.#form = form;
    this.#intake = new Intake(form, wire);
    this.#followUpBy = new FollowUpBy(form);
    this.#reply = new ReplyView(form, (article) => this.#adopt({ article, version: form.used[article].version }));
    this.#notices = new NoticesView(wire);
    new UrgentView(wire);
    const root = need('#form');
    root.addEventListener('pointerover', (e) => this.#light(slotOf(e.target), true));
    root.addEventListener('pointerleave', () => this.#light(form.focused, false));
    root.addEventListener('focusin', (e) => this.#light(slotOf(e.target), false));
    root.addEventListener('focusout', () => setTimeout(() => this.#light(form.focused, false), 0));
    // A chip is pressed without taking the focus from where somebody writes.
    root.addEventListener('mousedown', (e) => { if (e.target.closest('[data-take]')) e.preventDefault(); });
    root.addEventListener('click', (e) => this.#taken(e));
    need('#spoken').addEventListener('click', (e) => this.#followed(e));
    form.addEventListener('standing', () => this.#again());
    form.addEventListener('heard', (e) => this.#tell(e.detail));
    this.#answers.addEventListener('change', () => this.#again());
    this.#opinions.addEventListener('change', () => this.#again());
    this.#search.addEventListener('change', () => this.#again());
    this.#answers.addEventListener('shown', (e) => this.#shown(e.detail));
  }

  /** `about` is the call on the screen, or null. */
  paint({ state, link }, about) {
    this.#seen = { state, link, about };
    const form = this.#form;
    const own = form.draft?.call ?? null;
    if (own) form.hear(state.drafts.get(own) ?? null, state.words.get(own));
    this.#intake.paint(state, link);
    this.#followUpBy.paint();
    this.#reply.paint(own ? state.answers.get(own)?.gone : []);
    const call = about?.call ?? null;
    this.#notices.paint(call);
    const words = call ? state.words.get(call) : undefined;
    const same = own !== null && own === call;
    this.#spoken.paint(words, same ? form.marks(this.#lit.slot) : NO_MARKS, this.#lit);
    this.#answers.paint({
      call, frame: state.answers.get(call), heard: words?.finals.some((said) => said.leg === 'caller') ?? false,
      used: same ? form.used : {}, marks: (article) => this.#opinions.of(call, article), lost: !link.up && link.since !== null,
    });
    const writable = form.draft?.state === 'open' || form.draft?.state === 'waiting';
    this.#search.paint({
      call, used: same ? form.used : {}, marks: (article) => this.#opinions.of(call, article), usable: same && writable,
    });
    this.#paintCount();
  }

  /** What the keys do; the names are those of keys.js. */
  commands() {
    const form = this.#form;
    const places = [0, 1, 2];
    return {
      ...this.#intake.commands(),
      'take-slot': () => form.takeFocused(), 'take-all': () => form.takeAll(), reply: () => this.#reply.focus(),
      'words-new': () => this.#spoken.catchUp(), 'answers-new': () => this.#answers.renew(),
      ...Object.fromEntries(places.map((i) => [`adopt-${i + 1}`, () => this.#adopt(this.#answers.at(i))])),
      ...Object.fromEntries(places.map((i) => [`wrong-${i + 1}`, () => this.#wrong(this.#answers.at(i))])),
      ...Object.fromEntries(places.map((i) => [`open-answer-${i + 1}`, () => this.#answers.toggle(i, true)])),
      search: () => this.#search.focus(), 'close-found': () => this.#search.close(),
      ...Object.fromEntries(this.#search.cards.flatMap((card, i) => [
        [`found-adopt-${i}`, () => this.#adoptFound(card)], [`found-wrong-${i}`, () => this.#wrong(card)],
        [`found-open-answer-${i}`, () => this.#search.toggle(card)],
      ])),
    };
  }

  /** Esc: closes a panel of the intake, or what was searched. Returns whether one was open. */
  escape() {
    return this.#intake.escape() || this.#search.close();
  }

  /** A button of a card: which command it means. */
  commandOf(button) {
    const found = this.#search.placeOf(button);
    if (found >= 0) return `found-${button.dataset.do}-${found}`;
    const place = this.#answers.placeOf(button);
    return place < 0 ? '' : `${button.dataset.do}-${place + 1}`;
  }

  #again() {
    if (this.#seen) this.paint(this.#seen, this.#seen.about);
  }

  #paintCount() {
    const { proven, waiting } = this.#form;
    say(need('#draft-count'), proven || waiting.length
      ? `${proven} 项有原话${waiting.length ? `，${waiting.length} 项待定` : ''}` : '');
    show(need('#take-all'), waiting.length > 0);
  }

  // ------------------------------------------------------------------------- slot and words

  #light(slot, hover) {
    const { slot: before, hover: was } = this.#lit;
    if (slot === before && hover === was) return;
    const next = slot === '' && hover ? this.#form.focused : slot;
    this.#lit = { slot: next, hover: hover && slot !== '', since: performance.now() };
    this.#again();
  }

  #taken(event) {
    const chip = event.target.closest('[data-take]');
    if (!chip) return;
    const { take: slot, value = null } = chip.dataset;
    const byKey = chip === document.activeElement;
    if (byKey) this.#form.focus(slot);
    this.#form.take(slot, value);
  }

  #followed(event) {
    const mark = event.target.closest('[data-evidence]');
    if (!mark) return;
    event.preventDefault();
    const slots = mark.dataset.evidence.split(' ');
    const at = slots.indexOf(this.#form.focused);
    this.#form.focus(slots[(at + 1) % slots.length]);
  }

  /** Told once, when the words have settled: nobody wants to hear every letter. */
  #tell(slots) {
    for (const slot of slots) this.#untold.add(slot);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const told = [...this.#untold].map((slot) => `${LABELS[slot]} ${this.#form.draft?.fields[slot] || '已清空'}`);
      this.#untold.clear();
      say(need('#draft-said'), `按原话填写：${told.join('，')}`);
    }, TELL_AFTER_MS);
  }

  // ------------------------------------------------------------------------- answers

  #shown(all) {
    const cards = all.filter((card) => !card.gone);
    say(need('#answers-said'), cards.length ? `知识答案 ${cards.length} 条：${cards.map((c) => c.title).join('；')}` : '');
  }

  /** The wording into the reply, with where it is from; pressed again, it goes. */
  #adopt(card) {
    if (!card || card.gone || card.internal) return;
    const adopted = !(card.article in this.#form.used);
    if (adopted && this.#form.draft?.call !== this.#seen?.about?.call) return;
    if (this.#take(card, adopted)) this.#opinions.set(this.#form.draft.call, card, adopted ? 'adopted' : null);
    this.#again();
  }

  /** Into the reply, or out of it. Returns whether the form can still be written. */
  #take(card, adopted) {
    const { draft, used } = this.#form;
    if (draft?.state !== 'open' && draft?.state !== 'waiting') return false;
    if (adopted) this.#reply.add(card.words);
    else this.#reply.remove(used[card.article]?.words ?? '');
    this.#form.use(card, adopted ? now() : null);
    return true;
  }

  /** A card of the agent's own search: it may have gone since it was found. */
  async #adoptFound(card) {
    if (card.article in this.#form.used || await this.#search.stands(card)) this.#adopt(card);
  }

  /** 不对: it is no answer to what was asked; pressed again, it was meant otherwise. */
  #wrong(card) {
    const call = this.#seen?.about?.call;
    if (!card || card.gone || !call) return;
    const again = this.#opinions.of(call, card.article).kind === 'wrong';
    if (card.article in this.#form.used && this.#form.draft?.call === call) this.#take(card, false);
    this.#opinions.set(call, card, again ? null : 'wrong');
    this.#again();
  }
}

const slotOf = (target) => target.closest('[data-slot]')?.dataset.slot ?? '';
