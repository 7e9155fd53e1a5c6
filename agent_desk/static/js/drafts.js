// What an agent has typed, kept on this computer until the ticket is saved: a reload, a crash of
// the browser or of the server loses at most a second.

const PREFIX = 'jiesu.draft.';
const KEEP_MS = 24 * 3600 * 1000;

const keyOf = (user, popId) => `${PREFIX}${user}.${popId}`;

/** The draft of this form, or null. Storage that is full or switched off is not an error. */
export function load(user, popId) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(user, popId)) ?? 'null');
  } catch {
    return null;
  }
}

/** Returns whether it is kept: if not, the page must say so. */
export function store(user, popId, draft) {
  try {
    localStorage.setItem(keyOf(user, popId), JSON.stringify({ ...draft, at: Date.now() }));
    return true;
  } catch {
    return false;
  }
}

export function drop(user, popId) {
  try {
    localStorage.removeItem(keyOf(user, popId));
  } catch {
    // Nothing kept, nothing to remove.
  }
}

/** Every draft of this user with its pop, oldest first; what is saved is done with. */
export function all(user) {
  const own = `${PREFIX}${user}.`;
  const found = [];
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(own)) continue;
      const draft = JSON.parse(localStorage.getItem(name) ?? 'null');
      if (draft && draft.state !== 'saved') found.push({ popId: name.slice(own.length), draft });
    }
  } catch {
    return found;
  }
  return found.sort((a, b) => a.draft.at - b.draft.at);
}

/** Removes what is older than a day: these are people's names and numbers. */
export function sweep(now = Date.now()) {
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(PREFIX)) continue;
      const at = JSON.parse(localStorage.getItem(name) ?? '{}')?.at ?? 0;
      if (now - at > KEEP_MS) localStorage.removeItem(name);
    }
  } catch {
    // As above.
  }
}
