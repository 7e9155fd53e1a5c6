// 回访: one press dials. The outcome is a plain form.

import { post } from './api.js';
import { need, say, show } from './dom.js';

const said = need('#follow-up-said');

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-dial]');
  if (!button) return;
  button.disabled = true;
  try {
    tell((await post(`/api/follow-ups/${button.dataset.dial}/dial`, {})).said);
  } catch (refusal) {
    tell(refusal.message);
  }
  button.disabled = false;
});

function tell(text) {
  say(said, text);
  show(said, true);
}
