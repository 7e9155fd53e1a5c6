// What an editor has typed and not saved, kept on this computer for a day.

const PREFIX = 'jiesu.knowledge.';
const KEEP_MS = 24 * 3600 * 1000;
const NOT_KEPT = new Set(['csrf', 'question']);

const keyOf = (user, article) => `${PREFIX}${user}.${article}`;

/** The fields of a form as `[name, value]` pairs in their order, without the token. */
export function fieldsOf(data) {
  return [...data.entries()].filter(([name, value]) => !NOT_KEPT.has(name) && typeof value === 'string');
}

/** Whether what was kept says something else than the form does now. */
export function keepable(kept, now) {
  const plain = (pairs) => JSON.stringify(pairs.filter(([name, value]) => value !== '' && name !== 'id' && name !== 'expected'));
  return Array.isArray(kept) && kept.length > 0 && plain(kept) !== plain(now);
}

/** Storage that is full or switched off is not an error: null, false. */
export function load(user, article, now = Date.now()) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(user, article)) ?? 'null');
    return kept && now - kept.at < KEEP_MS ? kept.fields : null;
  } catch {
    return null;
  }
}

export function store(user, article, fields, now = Date.now()) {
  try {
    localStorage.setItem(keyOf(user, article), JSON.stringify({ at: now, fields }));
    return true;
  } catch {
    return false;
  }
}

export function dropKept(user, article) {
  try {
    localStorage.removeItem(keyOf(user, article));
  } catch {
    // Nothing kept, nothing to remove.
  }
}

/** Puts the kept fields into the form, `expected` too: who saved meanwhile is then noticed. */
export function putBack(form, fields, addRow) {
  const seen = new Map();
  for (const [name, value] of fields) {
    const place = seen.get(name) ?? 0;
    seen.set(name, place + 1);
    let all = form.querySelectorAll(`[name="${name}"]`);
    const rows = all[0]?.closest('[data-rows]');
    while (rows && all.length <= place) {
      addRow(rows.dataset.rows);
      all = form.querySelectorAll(`[name="${name}"]`);
    }
    if (all[0]?.type === 'radio') for (const one of all) one.checked = one.value === value;
    else if (all[place]) all[place].value = value;
  }
}
