// The urgent wordings above the desk: in full until acknowledged, then as one line until they run
// out or are withdrawn. The server sends all of them after every return of the socket.

import { post } from './api.js';
import { everySecond, now } from './clock.js';
import { fill, h, need, say, show } from './dom.js';
import { hourMinute } from './format.js';
import { acknowledged, fresh, inForce, inOrder } from './urgent.js';

export class UrgentView {
  #box = need('#urgent');
  #said = need('#urgent-said');
  #items = [];
  #trouble = '';

  constructor(wire) {
    wire.addEventListener('frame', ({ detail: frame }) => {
      if (frame.type !== 'urgent') return;
      const news = fresh(this.#items, frame.items);
      this.#items = frame.items;
      if (news.length) say(this.#said, news.map((one) => `紧急口径：${one.title}。${one.words}`).join(' '));
      this.#paint();
    });
    this.#box.addEventListener('click', (event) => {
      const button = event.target.closest('[data-urgent]');
      if (button) this.#acknowledge(button.dataset.urgent);
    });
    everySecond(() => this.#paint());
  }

  async #acknowledge(id) {
    const before = this.#items;
    this.#items = acknowledged(before, id);
    this.#trouble = '';
    this.#paint();
    try {
      await post(`/api/urgent/${id}/acknowledge`, {});
    } catch (refusal) {
      this.#items = before;
      this.#trouble = refusal.message;
      this.#paint();
    }
  }

  #paint() {
    const items = inOrder(inForce(this.#items, now()));
    show(this.#box, items.length > 0);
    fill(this.#box, items.map((one) => (one.acknowledged ? line(one) : whole(one))),
      this.#trouble ? h('p', { class: 's13 warn', role: 'alert' }, this.#trouble) : null);
  }
}

const until = (one) => h('span', { class: 's13 num' }, `${hourMinute(one.made_at)} 发布，至 ${hourMinute(one.until)}`);

const whole = (one) => h('section', { class: 'urgent-new', 'aria-label': `紧急口径 ${one.title}` },
  h('p', {}, h('b', {}, `紧急口径　${one.title}`), ' ', until(one)),
  h('p', { class: 'urgent-words' }, one.words),
  h('button', { class: 'btn btn--now', type: 'button', 'data-urgent': one.id }, '已知悉'));

const line = (one) => h('details', { class: 'urgent-read' },
  h('summary', {}, h('b', {}, `口径　${one.title}`), ' ', until(one)),
  h('p', { class: 'urgent-words' }, one.words));
