// Notices of outages and works beside a call: which stand, in words. Pure.

/** The line of one notice: `停水　文昌路检修停水　9月28日 10:00 至 15:00`. */
export function noticeWords(one, span) {
  const when = one.now ? `正在进行，${span(one.ends_at)} 结束` : `${span(one.starts_at)} 至 ${span(one.ends_at)}`;
  return { kind: one.kind, title: one.title, when };
}

/** Why it stands there. */
export const reasonWords = (one, knownPlace) =>
  (knownPlace ? `来电人以前的地址在“${one.place}”` : `地址涉及“${one.place}”`);

/** The notices of the newest frame of each call, the oldest calls forgotten. */
export function withNotices(byCall, frame, most = 8) {
  const next = new Map(byCall);
  next.delete(frame.call);
  next.set(frame.call, { items: frame.items, known: frame.known_place });
  while (next.size > most) next.delete(next.keys().next().value);
  return next;
}
