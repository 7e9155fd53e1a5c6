// 回拨: the two things to press on the page. Its rows are kept true by live.js.

import { post } from './api.js';
import { need, say, show } from './dom.js';

const said = need('#return-said');

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-return], [data-dismiss]');
  if (!button) return;
  const { return: task, dismiss } = button.dataset;
  if (task) act(button, `/api/return-calls/${task}/dial`, {});
  else act(button, `/api/return-calls/${dismiss}/dismiss`, { reason: need('select', button.parentElement).value });
});

/** A reason that is chosen has to be confirmed: arrow keys walk through a list. */
document.addEventListener('change', (event) => {
  const row = event.target.closest('.returns-do');
  if (!row) return;
  const chosen = event.target.value !== '';
  for (const button of row.querySelectorAll('button')) show(button, (button.dataset.dismiss !== undefined) === chosen);
});

/** One press, one request; what came of it is said above the list. */
async function act(control, path, body) {
  control.disabled = true;
  try {
    tell((await post(path, body)).said);
  } catch (refusal) {
    tell(refusal.message);
    control.disabled = false;
  }
  // A region with the focus in it is left alone by live.js.
  control.blur();
}

function tell(text) {
  say(said, text);
  show(said, true);
}
