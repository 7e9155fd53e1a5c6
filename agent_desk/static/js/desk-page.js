// Paints the whole desk from what it knows. Called after every change and once a second; whatever
// did not change is left alone.

import { paintChoice, paintLadder } from './alarm-view.js';
import { numberOf, paintCaller, paintWaiting, todoLines } from './caller-view.js';
import { now } from './clock.js';
import { courseOf } from './course.js';
import { paintCourse } from './course-view.js';
import { livePop, shownEmergency, unsavedPops } from './desk-state.js';
import { fill, h, key, need, say, show } from './dom.js';
import * as drafts from './drafts.js';
import { clock, duration } from './format.js';
import { owedLines } from './owed-calls.js';
import { paintSpoken, spokenAlarm } from './spoken-alarm.js';
import { paintStrip } from './strip-view.js';
import { situationOf } from './tel-model.js';
import { TelView } from './tel-view.js';

const title = document.title;
const NEEDS_AGAIN = new Set(['cancelled', 'told', 'failed', 'queued']);
const TELEPHONE_TROUBLE = new Set(['denied', 'busy', 'missing']);

export class DeskPage {
  #root;
  #tel;

  constructor(root) {
    this.#root = root;
    this.#tel = new TelView(need('#tel'));
  }

  /** `desk` is the Desk of desk.js. */
  paint(desk) {
    const { state, link } = desk;
    const pop = livePop(state);
    const situation = situationOf({
      seat: state.seat, phone: desk.phone, mode: desk.telephone.mode, linked: link.up,
      elsewhere: state.elsewhere || link.why === 'elsewhere', ended: Date.now() - desk.telephone.endedAt,
    });
    this.#paintTelephone(desk, situation, pop);
    this.#paintAlarm(desk, pop);
    this.#paintZones(desk, pop);
    this.#paintForm(desk, pop);
    this.#paintBanner(desk);
    paintStrip(need('.strip'), state.strip, state.gap.open ? '线路未知' : '线路正常');
  }

  #paintTelephone({ state, telephone }, situation, pop) {
    const { phone, microphone, mode } = telephone;
    this.#tel.paint({
      situation, phone, pop, seat: state.seat, microphone: microphone.state, mode, now: now(),
      sound: telephone.ringer.allowed,
    });
    show(need('#mic-again'), mode === 'browser' && TELEPHONE_TROUBLE.has(microphone.state));
    show(need('#take-over'), situation === 'elsewhere');
  }

  #paintAlarm({ state, choosing, hiddenEmergency, putAway }, pop) {
    const row = need('#alarm');
    const emergency = shownEmergency(state);
    const shown = emergency && emergency.call !== hiddenEmergency ? emergency : null;
    const spoken = shown ? null : spokenAlarm(state, pop, putAway);
    const open = choosing > 0;
    show(row, open || shown !== null || spoken !== null);
    show(need('.bar'), row.hidden);
    const life = shown ? shown.phase !== 'cancelled' : spoken?.level === 'red';
    this.#root.classList.toggle('desk--life', !open && life);
    const prefix = shown ?? spoken ? `【${(shown ?? spoken).service ?? '紧急'}】` : '';
    const named = `${prefix}${pop?.stage === 'ringing' ? '来电 ' : ''}${title}`;
    if (document.title !== named) document.title = named;
    if (open) paintChoice(row, (shown ?? spoken)?.service ?? null);
    else if (shown) paintLadder(row, shown, { now: now(), acts: alarmActs(shown, pop) });
    else if (spoken) paintSpoken(row, spoken);
    else fill(row);
  }

  #paintZones(desk, pop) {
    const { state, formId, diary } = desk;
    const about = pop ?? state.pops.get(formId) ?? null;
    say(need('#z4'), about ? '来电人与历史' : '我的待办');
    const todo = about?.stage === 'ended' ? todoLines(waiting(desk), owedLines(desk.owed)) : [];
    if (about) paintCaller(need('#caller'), about, todo);
    else paintWaiting(need('#caller'), waiting(desk), owedLines(desk.owed));
    paintCourse(need('#course'), about && courseOf(
      about, diary.seen(about.pop_id), state.emergencies.get(about.call), diary.noted(about.pop_id),
    ));
    desk.aids.paint(desk, about);
    say(need('#callerline-text'), about ? callerLine(about.caller) : '来电后这里显示来电人和历史工单');
  }

  #paintForm({ state, form, formId, link }, pop) {
    const stage = form.draft?.state ?? 'none';
    const own = state.pops.get(formId);
    const over = formId !== null && own?.stage !== 'ringing' && own?.stage !== 'talking';
    show(need('#form-acts'), stage !== 'saved' && stage !== 'none');
    show(need('#leave'), over && stage === 'open');
    show(need('#saved-next'), over);
    show(need('#form-idle'), stage === 'none');
    show(need('#sending'), stage === 'sending' || stage === 'waiting');
    say(need('#sending'), stage === 'waiting' ? '还没有送到，已存在本机，连上后自动提交' : '正在保存');
    const other = pop !== null && formId !== null && pop.pop_id !== formId;
    show(need('#form-other'), other);
    if (other) say(need('#form-other-text'), `新来电 ${numberOf(pop.caller)}，这里还是上一通的表`);
    need('#form').dataset.link = link.up ? 'up' : 'down';
  }

  #paintBanner({ link, state }) {
    const down = !link.up && link.since !== null;
    show(need('#offline'), down || state.gap.open);
    if (down) say(need('#offline-text'), offlineWords(link));
    else if (state.gap.open) say(need('#offline-text'), gapWords(state.gap));
  }
}

function alarmActs(emergency, pop) {
  const own = pop !== null && pop.call === emergency.call;
  return [
    own && emergency.phase === 'confirming'
      ? h('button', { class: 'btn btn--now', type: 'button', 'data-do': 'emergency' }, key('F9'), `移交 ${emergency.service ?? ''}`) : null,
    own && emergency.phase === 'confirming'
      ? h('button', { class: 'btn', type: 'button', 'data-do': 'choose-service' }, '其他号码') : null,
    own && emergency.phase === 'confirming'
      ? h('button', { class: 'btn', type: 'button', 'data-do': 'not-an-emergency' }, '不是紧急') : null,
    own && NEEDS_AGAIN.has(emergency.phase)
      ? h('button', { class: 'btn btn--now', type: 'button', 'data-do': 'emergency' }, key('F9'), '再移交') : null,
    h('button', { class: 'btn', type: 'button', 'data-do': 'escape' }, key('Esc'), '收起'),
  ];
}

/** The forms this agent has not saved: of calls the server knows, and of older ones kept here. */
function waiting({ state, formId, user }) {
  const own = unsavedPops(state).filter((p) => p.pop_id !== formId).map((p) => ({
    popId: p.pop_id, number: numberOf(p.caller), at: p.since,
    summary: drafts.load(user, p.pop_id)?.fields.summary ?? '',
  }));
  const older = drafts.all(user).filter(({ popId }) => !state.pops.has(popId) && popId !== formId);
  return [...own, ...older.map(({ popId, draft }) => ({
    popId, number: draft.fields.phone || '未显示号码', at: draft.at, summary: draft.fields.summary,
  }))];
}

function callerLine({ withheld, earlier_calls: calls, tickets }) {
  if (withheld) return '号码未显示，请问清回电号码';
  if (calls === null) return '正在查以前的来电';
  const newest = tickets[0] ? `，最近：${tickets[0].summary}` : '';
  return `以前来电 ${calls} 次，工单 ${tickets.length} 件${newest}`;
}

function offlineWords({ why, since }) {
  if (why === 'elsewhere') return '这个工号已在别的窗口打开，本窗口不再接电话。';
  if (why === 'logged-out') return '登录已过期：请在新窗口登录后刷新本页。填的内容已存在本机。';
  return `与服务器断开 ${duration((Date.now() - since) / 1000)}，正在重连。电话不受影响；填的内容已存在本机，连上后自动提交。`;
}

const gapWords = ({ since }) =>
  `服务器听不到交换机${since ? `，自 ${clock(since)}` : ''}：电话照常，来电弹屏和数字暂时不准。`;
