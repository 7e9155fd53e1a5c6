// Which answer cards stand where. Pure. The server keeps places stable; here nothing moves while
// the pointer or the focus is among the cards.

/** `cards` stand on the page, `next` wait until the hand is away (null: nothing waits). */
export const noAnswers = () => ({ call: null, cards: [], next: null });

/** The places after the newest `answers` frame of this call (undefined: none came yet). */
export function placed(places, call, frame, held) {
  const cards = frame?.cards ?? [];
  places = voided(places, call, frame?.gone ?? []);
  if (call !== places.call || !held || places.cards.length === 0) return settle(places, call, cards);
  if (sameCards(cards, places.cards)) return places.next ? { ...places, next: null } : places;
  return places.next && sameCards(cards, places.next) ? places : { ...places, next: cards };
}

/** What may not be shown any more loses its words at once; its place stays while a hand is there. */
function voided(places, call, gone) {
  if (call !== places.call || !places.cards.some((card) => !card.gone && gone.includes(card.article))) return places;
  return { ...places, cards: places.cards.map((card) => (gone.includes(card.article) ? voidCard(card) : card)) };
}

const voidCard = ({ article, version }) => ({
  article, version, gone: true, title: '', title_spans: [], words: '', words_spans: [], basis: [], unit: '', source: '', internal: false,
});

function settle(places, call, cards) {
  if (call === places.call && places.next === null && sameCards(cards, places.cards)) return places;
  return { call, cards, next: null };
}

/** The hand is away: what waited takes its place. */
export const released = (places) => (places.next ? { ...places, cards: places.next, next: null } : places);

/** What the header says while new cards wait. */
export function waitingWords({ cards, next }) {
  if (!next) return '';
  const fresh = next.filter((card) => !cards.some((c) => c.article === card.article)).length;
  return fresh ? `有新答案 ${fresh}` : '答案有变';
}

const sameCards = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** A text in pieces, `[{ text, marked }]`. Spans count characters as the server does: a rare 汉字
 * is one. */
export function marked(text, spans) {
  const chars = [...text];
  const out = [];
  let at = 0;
  const add = (end, isMarked) => {
    if (end > at) out.push({ text: chars.slice(at, end).join(''), marked: isMarked });
    at = Math.max(at, end);
  };
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    add(Math.min(start, chars.length), false);
    add(Math.min(end, chars.length), true);
  }
  add(chars.length, false);
  return out;
}

/** What one is told instead of cards; `heard`: the caller has said something already. */
export function emptyWords({ call, frame, heard }) {
  if (!call) return ['没有通话', '来电人说到能查的事，这里给出最多三条口径。'];
  if (frame?.trouble) return ['暂时查不到知识', `${frame.trouble}。电话和工单照常，恢复后自动给出。`];
  if (frame) return ['没有相近的口径', '没有把握时不显示；说到能查的事，这里再给出。'];
  return heard ? ['正在听', '说到能查的事，这里给出最多三条口径。'] : ['等来电人开口', '说到能查的事，这里给出最多三条口径。'];
}
