// 答复来电人 on the form: adopted wordings are written here, the agent changes them, and with 直接答复
// this is the answer that ends the matter.

import { fill, h, need, say, show } from './dom.js';
import { sources, withWording, withoutWording } from './reply.js';

export class ReplyView {
  #form;
  #box = need('#reply');
  #text = need('#f-reply');
  #direct = need('#f-direct');

  /** `undo(article)` takes an adoption back. */
  constructor(form, undo) {
    this.#form = form;
    // Beside the slots: what is written here fills none of them.
    this.#box.addEventListener('input', (e) => e.stopPropagation());
    this.#text.addEventListener('input', () => form.beside({ reply: this.#text.value }));
    this.#direct.addEventListener('change', () => this.#answer(this.#direct.checked));
    this.#box.addEventListener('click', (e) => {
      const button = e.target.closest('[data-undo]');
      if (button) undo(button.dataset.undo);
    });
  }

  /** `gone` are articles of this call that may not be read any more. */
  paint(gone = []) {
    const { draft } = this.#form;
    const state = draft?.state ?? 'none';
    const reply = draft?.reply ?? '';
    const how = draft?.intake?.how ?? '';
    const writable = state === 'open' || state === 'waiting';
    if (this.#text.value !== reply) this.#text.value = reply;
    this.#text.disabled = !writable;
    this.#box.dataset.state = state;
    this.#direct.checked = how === 'answer';
    this.#direct.disabled = !writable || Boolean(draft?.intake && how !== 'answer');
    const from = sources(draft?.cards, reply);
    show(need('#reply-from'), from.length > 0);
    fill(need('#reply-from'), from.map((one) => source(one, writable, gone.includes(one.article))));
    say(need('#reply-wrong'), how === 'answer' && !reply.trim() ? '直接答复要写明答复了什么' : '');
  }

  /** A wording is written at the end, in sight, without taking the focus from where one writes. */
  add(words) {
    this.#form.beside({ reply: withWording(this.#form.draft?.reply ?? '', words) });
    this.paint();
    this.#text.scrollTop = this.#text.scrollHeight;
  }

  remove(words) {
    this.#form.beside({ reply: withoutWording(this.#form.draft?.reply ?? '', words) });
  }

  focus() {
    if (!this.#text.disabled) this.#text.focus();
  }

  #answer(direct) {
    this.#form.beside({ intake: direct ? { how: 'answer' } : null });
    if (direct && !this.#text.value.trim()) this.focus();
  }
}

const source = ({ article, version, title, changed }, writable, over) => h('li', {},
  h('span', { class: 'one' }, `口径：${title}`), h('span', { class: 'num nowrap' }, `第 ${version} 版`),
  over ? h('b', { class: 'warn nowrap' }, '已停用或更新，请核对') : null,
  changed ? h('span', { class: 'warn nowrap' }, '已改动') : null,
  writable ? h('button', { class: 'btn btn--plain btn--small', type: 'button', 'data-undo': article, 'aria-label': `撤销采用：${title}` }, '撤销') : null);
