// 回拨: the two things to press on the page. Its rows are kept true by live.js.

import { post } from './api.js';
import { need, say, show } from './dom.js';

const said = need('#return-said');

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-return]');
  if (button) act(button, `/api/return-calls/${button.dataset.return}/dial`, {});
});

document.addEventListener('change', (event) => {
  const { dismiss } = event.target.dataset;
  if (!dismiss || !event.target.value) return;
  act(event.target, `/api/return-calls/${dismiss}/dismiss`, { reason: event.target.value });
});

/** One press, one request; what came of it is said above the list. */
async function act(control, path, body) {
  control.disabled = true;
  try {
    tell((await post(path, body)).said);
  } catch (refusal) {
    tell(refusal.message);
    control.disabled = false;
    if (control.matches('select')) control.value = '';
  }
  // A region with the focus in it is left alone by live.js.
  control.blur();
}

function tell(text) {
  say(said, text);
  show(said, true);
}
