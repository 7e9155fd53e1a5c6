// Urgent wordings (口径) of the desk: which lead, what is said of them. Pure.

/** Those not acknowledged first, the newest first among each. */
export const inOrder = (items) => [
  ...items.filter((one) => !one.acknowledged), ...items.filter((one) => one.acknowledged),
];

/** Those that were not on the screen before: only these are spoken to a screen reader. */
export function fresh(before, items) {
  const known = new Set(before.map((one) => one.id));
  return items.filter((one) => !known.has(one.id) && !one.acknowledged);
}

/** An agent who pressed 已知悉 sees it so at once; the server's next frame is the truth. */
export const acknowledged = (items, id) =>
  items.map((one) => (one.id === id ? { ...one, acknowledged: true } : one));

/** Those whose time is not over at `now` (ms). */
export const inForce = (items, now) => items.filter((one) => Date.parse(one.until) > now);
