// 拨打诉求人 on the page of a ticket: one press dials, what came of it is said under it.

import { post } from './api.js';
import { need, say } from './dom.js';

const form = document.querySelector('form[data-dial-ticket]');

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [button, told] = [need('button', form), need('[role=status]', form)];
  button.disabled = true;
  try {
    const why = Object.fromEntries(new FormData(form));
    say(told, (await post(`/api/tickets/${form.dataset.dialTicket}/dial`, why)).said);
  } catch (refusal) {
    say(told, refusal.message);
  }
  button.disabled = false;
});
