// What is typed into the forms of a ticket stays in this tab until it is sent: a reload loses
// nothing. And a file that is too large is told before it is sent.

import { drop, kept, keep, fill, snapshot } from './reply-draft.js';

const SAVE_AFTER_MS = 400;

function watch(form) {
  const key = `jiesu.reply.${form.action}.${form.elements.act.value}`;
  if (!form.querySelector('textarea')) return;
  const state = document.createElement('p');
  state.className = 'draft-state hint';
  state.setAttribute('role', 'status');
  form.querySelector('button').before(state);
  const refused = form.closest('details')?.open ?? false;
  const before = kept(sessionStorage, key);
  // What the server gave back after a refusal is newer than what was kept.
  if (before && !refused && fill(form.elements, before)) {
    form.closest('details').open = true;
    state.textContent = '上次没有提交的内容已为您找回。';
  }
  let timer = 0;
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const safe = keep(sessionStorage, key, snapshot(new FormData(form)));
      state.textContent = safe ? '已暂存在这个页面里，刷新不会丢失。' : '浏览器不让暂存，请尽快提交。';
    }, SAVE_AFTER_MS);
  });
  form.addEventListener('submit', () => {
    clearTimeout(timer);
    // Kept until the server has taken it: what is refused comes back from there.
    keep(sessionStorage, key, snapshot(new FormData(form)));
    sessionStorage.setItem('jiesu.reply.sent', key);
  });
}

function watchFile(form) {
  const most = Number(form.dataset.largestMb) * 1024 * 1024;
  const told = form.querySelector('[role=status]');
  const said = told.textContent;
  form.elements.file.addEventListener('change', () => {
    const file = form.elements.file.files[0];
    const large = file !== undefined && file.size > most;
    form.elements.file.setCustomValidity(large ? `文件超过 ${form.dataset.largestMb} MB` : '');
    told.classList.toggle('bad', large);
    told.textContent = large ? `这个文件有 ${(file.size / 1024 / 1024).toFixed(1)} MB，最大 ${form.dataset.largestMb} MB：请压缩图片或分成几个再传。` : said;
  });
}

const sent = sessionStorage.getItem('jiesu.reply.sent');
if (sent && location.hash === '#done') drop(sessionStorage, sent);
sessionStorage.removeItem('jiesu.reply.sent');
for (const form of document.querySelectorAll('form[action$="/acts"]')) watch(form);
for (const form of document.querySelectorAll('form.file-in')) watchFile(form);
