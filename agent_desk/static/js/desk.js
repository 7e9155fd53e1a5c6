// 坐席台: joins the socket, the telephone, the form and the keys. Decisions stand in desk-state.js,
// tel-model.js and keys.js; here they meet the page.

import { get } from './api.js';
import { CallDiary } from './call-diary.js';
import { everySecond, now } from './clock.js';
import { DeskAids } from './desk-aids.js';
import { DeskPage } from './desk-page.js';
import { emptyDesk, leave, livePop, reduce, shownEmergency, unsavedPops } from './desk-state.js';
import { DeskTelephone } from './desk-telephone.js';
import { need, say, show } from './dom.js';
import * as drafts from './drafts.js';
import { DueFoot } from './due-foot.js';
import { TicketForm } from './form.js';
import { commandOf, isField } from './keys.js';
import { OwedCalls } from './owed-calls.js';
import { markPainted } from './painted.js';
import { Saver } from './saver.js';
import { Wire } from './socket.js';
import { alarmKey, spokenAlarm, urgedService } from './spoken-alarm.js';
import { TransferPanel } from './transfer-panel.js';
import { WITHDRAWN, isUrgent } from './words.js';

const page = need('.desk');
const user = page.dataset.user;
const agent = page.dataset.agent;
const CHOICE_MS = 8000;

class Desk {
  user = user;
  state = emptyDesk();
  link = { up: false, why: '', since: null };
  diary = new CallDiary();
  formId = null;
  choosing = 0;
  hiddenEmergency = '';
  putAway = '';
  wire = new Wire('/desk/socket');
  telephone = new DeskTelephone(need('#far-end'), () => this.ringingCall());
  page = new DeskPage(page);
  form = new TicketForm(need('#form'), user);
  aids = new DeskAids(this.form, this.wire);
  saver = new Saver(this.form);
  transfer = new TransferPanel(need('#transfer'), agent);
  due = new DueFoot(need('#due'), need('#why'));
  owed = new OwedCalls((text) => this.tell(text), () => this.phone.answer());
  #acts = 0;
  #asked = new Map();

  start() {
    drafts.sweep();
    this.wire.addEventListener('frame', (e) => this.take(e.detail));
    this.wire.addEventListener('link', (e) => this.linked(e.detail));
    this.telephone.addEventListener('change', () => this.render());
    this.form.addEventListener('due', () => this.due.show(this.form));
    this.form.addEventListener('state', () => this.render());
    this.saver.addEventListener('saved', (e) => this.saved(e.detail));
    this.saver.addEventListener('refused', (e) => this.tellForm(e.detail));
    this.transfer.addEventListener('blind', (e) => this.moveOn(e.detail));
    this.transfer.addEventListener('consult', (e) => this.consult(e.detail));
    addEventListener('keydown', (e) => this.pressed(e), true);
    addEventListener('click', (e) => this.clicked(e), true);
    everySecond(() => this.render());
    this.wire.open();
    this.reopened();
  }

  // ------------------------------------------------------------------------- what comes in

  take(frame) {
    if (frame.type === 'answers') frame.at = now();
    this.diary.take(frame);
    this.state = reduce(this.state, frame);
    if (frame.type === 'hello') this.telephone.open();
    if (frame.type === 'pop' || frame.type === 'picture') this.chooseForm();
    if (frame.type === 'pop-withdrawn') this.withdrawn(frame);
    if (frame.type === 'saved') this.saver.confirmed(frame);
    if (frame.type === 'refused') this.tell(frame.why);
    if (frame.type === 'done') this.done(frame.id);
    if (frame.type === 'elsewhere') this.telephone.close();
    this.render();
    if (frame.type === 'pop') markPainted(frame);
  }

  note(id, what, more = '', kind = '') {
    this.diary.note(id, what, more, kind);
  }

  linked(link) {
    this.link = link;
    if (link.why === 'elsewhere') this.telephone.close();
    if (link.up) this.saver.again(drafts.all(user));
    else if (link.failures === 3) this.stillLoggedIn();
    this.render();
  }

  /** The socket does not say why it was refused; a request does. */
  async stillLoggedIn() {
    try {
      await get('/api/phone');
    } catch (refusal) {
      if (refusal.status === 401) this.link = { ...this.link, why: 'logged-out' };
      this.render();
    }
  }

  // ------------------------------------------------------------------------- the telephone

  get phone() {
    return this.telephone.phone;
  }

  ringingCall() {
    const pop = this.pop();
    return { id: pop?.pop_id ?? '', urgent: isUrgent(pop?.queue) };
  }

  /** This page was loaded anew in mid-call: the voice went with the old one. */
  reopened() {
    const id = this.telephone.brokenOff;
    if (!id) return;
    this.note(id, '本页重新打开，话音已断', '可按来电号码回拨', 'warn');
    this.tell('本页在通话中重新打开过，与来电人的话音已断；填的内容都在');
  }

  moveOn({ number, name }) {
    if (this.phone.transferBlind(number)) this.note(this.pop()?.pop_id, `直接转给 ${number} ${name}`);
    this.render();
  }

  consult({ number, name }) {
    if (this.phone.consultWith(number, name)) this.note(this.pop()?.pop_id, `咨询 ${number} ${name}`);
    this.render();
  }

  // ------------------------------------------------------------------------- calls and forms

  pop() {
    return livePop(this.state);
  }

  /** Which form is shown. A call never takes the form away from somebody who is typing. */
  chooseForm() {
    const live = this.pop();
    const known = this.state.pops.get(this.formId);
    if (live && live.pop_id !== this.formId) {
      if (!this.form.busy || this.formId === null) this.openForm(live);
      return;
    }
    if (!known) {
      const [oldest] = unsavedPops(this.state).slice(-1);
      if (oldest) this.openForm(oldest);
      else if (this.formId && this.form.untouched) this.closeForm();
    }
  }

  openForm(pop) {
    if (this.form.draft?.state === 'saved' && pop.pop_id !== this.formId) this.leaveSaved();
    this.formId = pop.pop_id;
    this.form.open(pop);
  }

  /** A saved form makes room for the next one by itself. */
  leaveSaved() {
    const pop = this.state.pops.get(this.formId);
    if (pop && pop.stage !== 'ended') return;
    if (pop) this.act('leave', { call: pop.call });
    this.state = leave(this.state, this.formId);
    this.form.discard();
  }

  closeForm() {
    this.formId = null;
    this.form.close();
  }

  withdrawn({ pop_id: id, why }) {
    this.diary.unsee(id);
    this.tell(WITHDRAWN[why] ?? '');
    if (id !== this.formId) return;
    if (this.form.untouched) this.form.discard();
    this.formId = null;
    this.chooseForm();
  }

  /** Nothing to write about this call. */
  leaveForm(id = this.formId) {
    const pop = this.state.pops.get(id);
    if (pop && pop.stage !== 'ended') return this.tell('通话还没有结束');
    if (pop) this.act('leave', { call: pop.call });
    drafts.drop(user, id);
    this.diary.forget(id);
    if (id === this.formId) {
      this.form.discard();
      this.formId = null;
    }
    this.state = leave(this.state, id);
    this.chooseForm();
    return this.render();
  }

  save() {
    if (this.form.popId === null) return this.tellForm('没有来电，没有可保存的表');
    if (this.form.draft.state === 'saved') return this.leaveForm();
    this.tellForm('');
    this.saver.save();
    return this.render();
  }

  saved({ popId, number }) {
    this.note(popId, `已保存工单 ${number}`, '', 'done');
    if (popId === this.formId && need('#form').contains(document.activeElement)) need('#saved-next').focus();
    this.render();
  }

  // ------------------------------------------------------------------------- acts

  act(name, extra = {}) {
    this.#acts += 1;
    const id = `a${this.#acts}`;
    const sent = this.wire.send({ type: 'act', id, act: name, ...extra });
    if (sent) this.#asked.set(id, name);
    if (!sent) this.tell('服务器连不上，这一步没有做；电话不受影响');
    return sent;
  }

  done(id) {
    if (this.#asked.get(id) === 'help') this.tell('已告诉班长，请继续通话');
    this.#asked.delete(id);
  }

  /** F9: where words ask for a service it hands over at once, else it asks to which number. */
  emergency() {
    const urged = urgedService(this.state, this.pop(), this.putAway);
    return urged ? this.handOver(urged) : this.choose();
  }

  choose() {
    if (!this.pop()) return this.tell('没有来电人可以移交');
    this.choosing = Date.now() + CHOICE_MS;
    return this.render();
  }

  handOver(service) {
    const pop = this.pop();
    this.choosing = 0;
    if (pop && this.act('hand_over', { call: pop.call, service })) this.note(pop.pop_id, `移交 ${service}`, '', 'life');
    this.render();
  }

  escape() {
    if (this.choosing) this.choosing = 0; else if (this.aids.escape()) return this.render();
    else if (this.transfer.isOpen) this.transfer.close();
    else if (!need('#keys').hidden) this.toggleKeys();
    else if (!need('#pause-menu').hidden) this.pauseMenu(false);
    else if (!need('#why').hidden) show(need('#why'), false);
    else if (page.classList.contains('desk--caller')) this.zone(1);
    else {
      this.hiddenEmergency = shownEmergency(this.state)?.call ?? '';
      this.putAway = alarmKey(spokenAlarm(this.state, this.pop()));
    }
    this.render();
  }

  toggleKeys() {
    const panel = need('#keys');
    show(panel, panel.hidden);
    if (!panel.hidden) need('#keys-close').focus();
  }

  /** F7: a pause; out of a pause or 整理, ready again. */
  pauseOrReady() {
    const state = this.state.seat?.state;
    if (state === 'paused' || state === 'wrap-up') return this.ready();
    if (state === 'ready') return this.pauseMenu(need('#pause-menu').hidden);
    return undefined;
  }

  pauseMenu(open) {
    show(need('#pause-menu'), open);
    if (open) need('#pause-menu button').focus();
  }

  ready() {
    this.act(this.state.seat?.state === 'wrap-up' ? 'wrap_up_done' : 'ready');
  }

  // ------------------------------------------------------------------------- keys and clicks

  commands() {
    const { phone } = this;
    return {
      answer: () => this.answer(), refuse: () => phone.refuse(), mute: () => phone.toggleMute(),
      hold: () => this.hold(), 'hang-up': () => phone.hangUp(), transfer: () => this.openTransfer(),
      complete: () => phone.completeTransfer(), back: () => phone.cancelConsult(),
      emergency: () => this.emergency(), 'choose-service': () => this.choose(), escape: () => this.escape(), keys: () => this.toggleKeys(),
      'pause-or-ready': () => this.pauseOrReady(), pause: () => this.pauseMenu(need('#pause-menu').hidden),
      ready: () => this.ready(), help: () => this.act('help'),
      save: () => this.save(), leave: () => this.leaveForm(), why: () => show(need('#why'), need('#why').hidden),
      another: () => this.form.another(), 'saved-next': () => this.leaveForm(),
      'telephone-mode': () => this.telephone.switch(), microphone: () => this.telephone.microphone.check(),
      'zone-1': () => this.zone(1), 'zone-2': () => this.zone(2), 'zone-3': () => this.zone(3),
      'zone-4': () => this.zone(4),
      'next-zone': () => this.nextZone(1), 'previous-zone': () => this.nextZone(-1),
      'dismiss-note': () => this.tell(''), 'open-live': () => this.openForm(this.pop()),
      'not-an-emergency': () => this.notAnEmergency(), 'take-over': () => location.reload(), ...this.aids.commands(),
    };
  }

  answer() {
    if (!this.phone.answer()) return;
    const pop = this.pop();
    if (pop) this.openForm(pop);
  }

  hold() {
    const held = this.phone.call?.stage === 'held';
    if (this.phone.toggleHold()) this.note(this.pop()?.pop_id, held ? '取回' : '保持');
  }

  /** Alt T: whom to; while consulting, done. */
  openTransfer() {
    if (this.phone.completeTransfer()) return;
    if (this.phone.call?.stage === 'talking' || this.phone.call?.stage === 'held') this.transfer.open();
  }

  notAnEmergency() {
    const shown = shownEmergency(this.state);
    if (shown) this.act('not_an_emergency', { call: shown.call });
  }

  pressed(event) {
    this.telephone.ringer.unlock();
    const context = { choosing: this.choosing > Date.now(), inField: isField(event.target) };
    const command = commandOf(event, context);
    if (!command) return;
    if (command !== 'escape') event.preventDefault();
    event.stopPropagation();
    this.run(command);
  }

  clicked(event) {
    this.telephone.ringer.unlock();
    const button = event.target.closest('[data-do], [data-pause]');
    if (!button || button.getAttribute('aria-disabled') === 'true') return;
    const { do: name, pause, pop } = button.dataset;
    if (pause) {
      this.pauseMenu(false);
      this.act('pause', { reason: pause });
    } else if (name === 'open-draft') this.openForm(this.state.pops.get(pop) ?? this.oldPop(pop));
    else if (name === 'leave-draft') this.leaveForm(pop);
    else this.run(this.aids.commandOf(button) || name);
    this.render();
  }

  run(name) {
    const service = /^hand-over-(\d{3})$/.exec(name)?.[1];
    if (service) this.handOver(service);
    else this.commands()[name]?.();
    this.render();
  }

  /** The form of a call the server no longer has on this desk; its draft is still here. */
  oldPop(id) {
    const { call, number } = drafts.load(user, id) ?? {};
    return { pop_id: id, call, stage: 'ended', caller: { number } };
  }

  zone(number) {
    const narrow = matchMedia('(max-width: 1200px) and (min-width: 901px)').matches;
    page.classList.toggle('desk--caller', narrow && number === 4);
    if (number === 2) return this.form.popId ? this.form.focus('type') : need('#z2').focus();
    return need(`#z${number}`).focus();
  }

  nextZone(step) {
    const zones = [need('#tel'), need('#z4'), need('#z1'), need('#z2'), need('#z3')].filter((z) => z.offsetParent !== null);
    const at = zones.findIndex((z) => (z.closest('section') ?? z).contains(document.activeElement));
    zones[(at + step + zones.length) % zones.length].focus();
  }

  // ------------------------------------------------------------------------- saying and painting

  tell(text, place = '#note', words = '#note-text') {
    say(need(words), text);
    show(need(place), text !== '');
  }

  tellForm = (text) => this.tell(text, '#form-said', '#form-said');

  render() {
    if (this.choosing < Date.now()) this.choosing = 0;
    this.page.paint(this);
  }
}

const desk = new Desk();
desk.start();
// For the browser's own tools and the tests: what the telephone measured.
globalThis.jiesu = Object.freeze({ statistics: () => desk.phone.statistics() });
