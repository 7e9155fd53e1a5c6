// What the desk knows, as a fold of the frames of agent_desk/wire.py. Pure: no page, no clock.

import { withSaid } from './words-view.js';

/**
 * Fields: hello, seat, pops (Map by pop_id, in order of arrival), emergencies, words, drafts,
 * answers and known (Maps by call; of the last three the newest frame), strip, gap, elsewhere.
 */
export function emptyDesk() {
  return {
    hello: null, seat: null, pops: new Map(), emergencies: new Map(), words: new Map(),
    drafts: new Map(), answers: new Map(), known: new Map(), strip: null, gap: { open: false, since: null }, elsewhere: false,
  };
}

/** The desk after a frame. Unknown frames change nothing: a newer server may say more. */
export function reduce(desk, frame) {
  switch (frame.type) {
    case 'hello': return { ...desk, hello: frame };
    case 'picture': return pictured(desk, frame);
    case 'pop': return withEmergency(withPop(desk, frame), frame.emergency);
    case 'pop-withdrawn': return withoutPop(desk, frame.pop_id);
    case 'pop-ended': return endedPop(desk, frame.pop_id);
    case 'agent': return { ...desk, seat: frame.seat };
    case 'strip': return { ...desk, strip: frame.strip };
    case 'emergency': return withEmergency(desk, frame.emergency);
    case 'said': return { ...desk, words: withSaid(desk.words, frame) };
    case 'draft': return { ...desk, drafts: withNewest(desk.drafts, frame) };
    case 'known': return { ...desk, known: withNewest(desk.known, frame) };
    case 'answers': return { ...desk, answers: withNewest(desk.answers, frame) };
    case 'gap': return { ...desk, gap: { open: frame.open, since: frame.since ?? null } };
    case 'elsewhere': return { ...desk, elsewhere: true };
    default: return desk;
  }
}

function pictured(desk, frame) {
  const pops = new Map(frame.pops.map((p) => [p.pop_id, p]));
  const emergencies = new Map(frame.emergencies.map((e) => [e.call, e]));
  for (const pop of frame.pops) if (pop.emergency) emergencies.set(pop.call, pop.emergency);
  return {
    ...desk, seat: frame.seat, pops, emergencies, strip: frame.strip,
    words: (frame.words ?? []).reduce(withSaid, new Map()),
    drafts: ofPops(desk.drafts, frame), answers: ofPops(desk.answers, frame), known: ofPops(desk.known, frame),
    gap: { open: frame.gap.open, since: frame.gap.since ?? null },
  };
}

// A picture does not hold them; they come again behind it. Of calls that are gone nothing is kept.
const ofPops = (all, frame) => new Map([...all].filter(([call]) => frame.pops.some((p) => p.call === call)));

const withNewest = (all, frame) => new Map(all).set(frame.call, frame);

function withPop(desk, pop) {
  const pops = new Map(desk.pops);
  pops.set(pop.pop_id, pop);
  return { ...desk, pops };
}

function withoutPop(desk, id) {
  const pops = new Map(desk.pops);
  pops.delete(id);
  return { ...desk, pops };
}

function endedPop(desk, id) {
  const pop = desk.pops.get(id);
  return pop ? withPop(desk, { ...pop, stage: 'ended' }) : desk;
}

function withEmergency(desk, emergency) {
  if (!emergency) return desk;
  const emergencies = new Map(desk.emergencies);
  emergencies.set(emergency.call, emergency);
  return { ...desk, emergencies };
}

/** Takes a form that was saved or left off the desk. */
export const leave = withoutPop;

/** The call that is on this telephone now: talking before ringing, the newest first. */
export function livePop(desk) {
  const pops = [...desk.pops.values()].reverse();
  return pops.find((p) => p.stage === 'talking') ?? pops.find((p) => p.stage === 'ringing') ?? null;
}

/** The forms of calls that are over, oldest first. */
export const unsavedPops = (desk) => [...desk.pops.values()].filter((p) => p.stage === 'ended');

const OVER = new Set(['answered', 'cancelled', 'told']);

/** The emergency to show in the alarm row: of the live call, else the newest that is not over. One
 * that was handed over and answered stands there until it ends or the next call comes. */
export function shownEmergency(desk) {
  const live = livePop(desk);
  const own = live && desk.emergencies.get(live.call);
  if (own) return own;
  const over = (e) => (e.ended_at !== null || live !== null) && (e.linked || OVER.has(e.phase));
  const open = [...desk.emergencies.values()].filter((e) => !over(e));
  return open.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at))[0] ?? null;
}

/** An emergency that still needs somebody: not connected, not called off, the caller still there. */
export const isPressing = (e) => e.ended_at === null && !OVER.has(e.phase);
