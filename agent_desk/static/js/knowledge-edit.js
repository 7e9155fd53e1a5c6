// The form of an article: its preview follows the typing, rows are added, and what is not saved yet
// is kept on this computer. Without this script everything still works by the buttons.

import { need, say, show } from './dom.js';
import { dropKept, fieldsOf, keepable, load, putBack, store } from './knowledge-kept.js';

const QUIET_MS = 400;

const form = need('#kb-form');
const seen = need('#kb-seen');
const { article, user } = form.dataset;
const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
let asked = 0;
let timer = 0;

for (const button of form.querySelectorAll('[data-more]')) {
  show(button, true);
  button.addEventListener('click', () => addRow(button.dataset.more).querySelector('.in')?.focus());
}

function addRow(kind) {
  const rows = need(`[data-rows="${kind}"]`, form);
  const row = rows.lastElementChild.cloneNode(true);
  for (const field of row.querySelectorAll('.in')) field.value = '';
  rows.append(row);
  return row;
}

async function preview() {
  const mine = ++asked;
  try {
    const response = await fetch('/knowledge/editing/preview', {
      method: 'POST', body: new FormData(form), credentials: 'same-origin', cache: 'no-store',
      headers: { 'x-csrf-token': csrf },
    });
    if (!response.ok) throw new Error(String(response.status));
    const text = await response.text();
    if (mine !== asked) return;
    const shown = new DOMParser().parseFromString(text, 'text/html').body;
    seen.replaceChildren(...shown.childNodes);
  } catch {
    say(need('#kb-kept'), '预览暂时连不上，填的内容还在');
  }
}

function typed() {
  const kept = store(user, article, fieldsOf(new FormData(form)));
  say(need('#kb-kept'), kept ? '没有保存，已存在这台电脑' : '没有保存，这台电脑也存不下');
  clearTimeout(timer);
  timer = setTimeout(preview, QUIET_MS);
}

form.addEventListener('input', (event) => {
  if (event.target.name !== 'question') typed();
});
for (const link of document.querySelectorAll('[data-forget]')) link.addEventListener('click', () => dropKept(user, article));
need('#kb-forget').addEventListener('click', () => {
  dropKept(user, article);
  location.assign(location.pathname);
});

const fresh = document.querySelector('[data-saved]') !== null;
const answered = document.querySelector('[role=alert]') !== null;
if (fresh) {
  dropKept(user, article);
  dropKept(user, 'new');
} else if (!answered) {
  const kept = load(user, article);
  if (keepable(kept, fieldsOf(new FormData(form)))) {
    putBack(form, kept, addRow);
    show(need('#kb-restored'), true);
    preview();
  }
}
