// Making and changing elements. Text goes in as text, never as markup.

/** An element: `h('b', { class: 'num', hidden: true }, 'text', otherElement)`. Null children are left out. */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) setProp(el, key, value);
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

function setProp(el, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
  else if (value === true) el.setAttribute(key, '');
  else el.setAttribute(key, String(value));
}

/** The element of a page that must be there. */
export function need(selector, root = document) {
  const el = root.querySelector(selector);
  if (!el) throw new Error(`missing in page: ${selector}`);
  return el;
}

/** Sets text only where it differs, so that a selection and a live region are left alone. */
export function say(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/** Replaces the children only where they differ in markup. Returns whether it did. */
export function fill(el, ...children) {
  const fresh = document.createDocumentFragment();
  fresh.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  const [now, next] = [[...el.childNodes], [...fresh.childNodes]];
  if (now.length === next.length && next.every((node, i) => node.isEqualNode(now[i]))) return false;
  el.replaceChildren(fresh);
  return true;
}

export function show(el, visible) {
  if (el.hidden === visible) el.hidden = !visible;
}

/** Turns a button off with the reason beside its name; `why` empty turns it on. */
export function allow(button, why) {
  const off = why !== '';
  if (off) button.setAttribute('aria-disabled', 'true');
  else button.removeAttribute('aria-disabled');
  if (button.title !== why) button.title = why;
}

export const key = (name) => h('kbd', { class: 'key' }, name);
