// What was typed into a form, as one can keep it: texts and choices by name, no token, no file.
// Pure but for the storage it is given, which may be full or switched off.

const NEVER = new Set(['csrf', 'version', 'act']);
const LARGEST = 200_000;

/** Pairs of name and text of a form's data; empty ones are left out. */
export function snapshot(data) {
  const pairs = [];
  for (const [name, value] of data) {
    if (!NEVER.has(name) && typeof value === 'string' && value !== '') pairs.push([name, value]);
  }
  return pairs;
}

/** Whether it is kept now. Nothing typed is nothing kept. */
export function keep(storage, key, pairs) {
  try {
    if (pairs.length === 0) {
      storage.removeItem(key);
      return true;
    }
    const text = JSON.stringify(pairs);
    if (text.length > LARGEST) return false;
    storage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

/** What was kept, or null. */
export function kept(storage, key) {
  try {
    const pairs = JSON.parse(storage.getItem(key) ?? 'null');
    return Array.isArray(pairs) && pairs.every((one) => Array.isArray(one) && one.length === 2) ? pairs : null;
  } catch {
    return null;
  }
}

export function drop(storage, key) {
  try {
    storage.removeItem(key);
  } catch {
    // Nothing kept, nothing to remove.
  }
}

/** Puts texts back into fields that are still empty; true where any was. */
export function fill(elements, pairs) {
  let any = false;
  for (const [name, value] of pairs) {
    const field = elements.namedItem(name);
    if (field === null || !('value' in field) || field.type === 'hidden' || field.type === 'file') continue;
    if (field.type === 'checkbox') {
      any ||= !field.checked;
      field.checked = true;
    } else if (field.value === '') {
      field.value = value;
      any ||= field.value === value;
    }
  }
  return any;
}
