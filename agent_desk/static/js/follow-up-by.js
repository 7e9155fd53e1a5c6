// 回访方式 on the form: asked where the city lets the caller choose (中山 第二十三条), kept with the
// draft. Where it does not, the row is not there.

import { show } from './dom.js';

export class FollowUpBy {
  #form;
  #row = document.querySelector('#follow-up-by');

  constructor(form) {
    this.#form = form;
    this.#row?.addEventListener('change', (e) => form.beside({ channel: e.target.value }));
  }

  paint() {
    if (!this.#row) return;
    const { draft } = this.#form;
    show(this.#row, draft?.state === 'open' || draft?.state === 'waiting');
    for (const radio of this.#row.querySelectorAll('input')) radio.checked = radio.value === (draft?.channel ?? '');
  }
}
