// Who has read an urgent wording, as they read it.

import { get } from './api.js';
import { need, say } from './dom.js';

const EVERY_MS = 1000;

const names = (rows) => rows.map((one) => `${one.name} ${one.agent}`).join('、');

function paint(row) {
  const card = document.querySelector(`[data-urgent="${CSS.escape(row.id)}"]`);
  if (!card) return;
  say(need('[data-read]', card), String(row.read.length));
  const waiting = need('[data-waiting]', card);
  say(waiting, String(row.waiting.length));
  waiting.classList.toggle('due', row.in_force && row.waiting.length > 0);
  const left = row.in_force && row.waiting.length ? `还没有：${names(row.waiting)}` : '';
  say(need('[data-waiting-names]', card), left);
  say(need('[data-read-names]', card), names(row.read) || '还没有人');
}

async function look() {
  if (document.hidden) return;
  try {
    const { rows } = await get('/api/urgent');
    rows.forEach(paint);
    say(need('#urgent-live'), '发布后立即出现在每个坐席台上，知悉情况实时更新');
  } catch {
    say(need('#urgent-live'), '服务器连不上，知悉情况可能不是最新的');
  }
}

if (document.querySelector('[data-urgent]')) setInterval(look, EVERY_MS);
