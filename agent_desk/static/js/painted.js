// Marks on the browser's own time line, for the bench and the tests.

/**
 * `pop:ID:STAGE` when a pop was in the page, `painted:ID:STAGE` when the frame that shows it was
 * out. Only the last of each: a shift is long.
 */
export function markPainted({ pop_id: id, stage }) {
  const mark = (what) => {
    performance.clearMarks(`${what}:${id}:${stage}`);
    performance.mark(`${what}:${id}:${stage}`);
  };
  mark('pop');
  requestAnimationFrame(() => setTimeout(() => mark('painted'), 0));
}
