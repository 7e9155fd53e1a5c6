// The keyboard of the desk (design.md, section 5). Pure: an event in, the name of a command out.

const PLAIN = {
  F1: 'keys', F2: 'answer', F4: 'hold', F6: 'next-zone', F7: 'pause-or-ready', F8: 'mute',
  F9: 'emergency', F10: 'help',
};
const SHIFT = { F2: 'hang-up', F6: 'previous-zone' };
const ALT = {
  Digit1: 'zone-1', Digit2: 'zone-2', Digit3: 'zone-3', Digit4: 'zone-4', KeyT: 'transfer',
  KeyZ: 'take-slot', KeyA: 'take-all', KeyQ: 'adopt-1', KeyW: 'adopt-2', KeyE: 'adopt-3',
  KeyR: 'known', KeyS: 'take-item', KeyN: 'refuse', KeyG: 'reply',
  Digit5: 'open-answer-1', Digit6: 'open-answer-2', Digit7: 'open-answer-3',
};
const SERVICES = { 1: '110', 2: '119', 3: '120', 4: '122' };

/** True while a Chinese input method is composing: then no key is ours. */
export const isComposing = (e) => e.isComposing || e.keyCode === 229;

/** True where letters and digits are text. */
export function isField(el) {
  if (!el) return false;
  if (el.isContentEditable || el.tagName === 'TEXTAREA' || el.tagName === 'SELECT') return true;
  return el.tagName === 'INPUT' && !['checkbox', 'radio', 'button', 'submit'].includes(el.type);
}

/**
 * The command of a key, or null. `choosing` is true after F9, when 1–4 name the service (in a
 * field too: the agent has asked for it).
 */
export function commandOf(e, { choosing = false, inField = false } = {}) {
  if (isComposing(e) || e.repeat) return null;
  if (e.key === 'Escape') return 'escape';
  if (choosing && !e.altKey && !e.ctrlKey && !e.metaKey && e.key in SERVICES) {
    return `hand-over-${SERVICES[e.key]}`;
  }
  if (e.ctrlKey && !e.altKey && !e.shiftKey && e.key === 'Enter') return 'save';
  if (e.ctrlKey && !e.altKey && !e.shiftKey && e.code === 'KeyK') return 'search';
  if (e.ctrlKey || e.metaKey) return null;
  if (e.altKey) return e.shiftKey ? null : (ALT[e.code] ?? null);
  if (e.shiftKey && e.key in SHIFT) return SHIFT[e.key];
  if (!e.shiftKey && e.key in PLAIN) return PLAIN[e.key];
  if (e.key === '?' && !inField) return 'keys';
  return null;
}
