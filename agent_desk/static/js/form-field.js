// How a field of the ticket form behaves on the page, whatever stands in it.

/** An address keeps its tail, the number of the house: it wraps, but it is one line of text. */
export function oneLine(event) {
  const { target, key, ctrlKey, isComposing } = event;
  if (target.name === 'address' && key === 'Enter' && !ctrlKey && !isComposing) event.preventDefault();
}

/** Two lines where one is too short. */
export function fitLines(area) {
  area.rows = 1;
  if (area.scrollHeight > area.clientHeight + 4) area.rows = 2;
}

/** Seen once, for a moment; what takes part in no change is no change. */
export function flash(slot) {
  slot.classList.add('slot--new');
  requestAnimationFrame(() => requestAnimationFrame(() => slot.classList.remove('slot--new')));
}
