// Notices beside the call on the screen: those the server sends for its words, and those of an
// address that is typed by hand.

import { get } from './api.js';
import { now } from './clock.js';
import { fill, h, need, show } from './dom.js';
import { clock, date, hourMinute } from './format.js';
import { noticeWords, reasonWords, withNotices } from './notices.js';

const ASK_AFTER_MS = 400;
const LEAST = 2;

export class NoticesView {
  #box = need('#notices');
  #byCall = new Map();
  #call = null;
  #timer = 0;
  #asked = '';

  /** `form` is the page's own; its address is asked about when somebody types it. */
  constructor(wire, address = need('#f-address')) {
    wire.addEventListener('frame', ({ detail: frame }) => {
      if (frame.type !== 'notices') return;
      this.#byCall = withNotices(this.#byCall, frame);
      this.#show();
    });
    address.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(address.value.trim()), ASK_AFTER_MS);
    });
  }

  /** The call whose form is on the screen, or null. */
  paint(call) {
    if (call === this.#call) return;
    this.#call = call;
    this.#asked = '';
    this.#show();
  }

  async #ask(address) {
    const call = this.#call;
    if (!call || address.length < LEAST || address === this.#asked) return;
    this.#asked = address;
    try {
      const { items } = await get(`/api/notices?address=${encodeURIComponent(address)}`);
      if (address === this.#asked && call === this.#call) {
        this.#byCall = withNotices(this.#byCall, { call, items, known_place: false });
        this.#show();
      }
    } catch {
      this.#asked = ''; // asked again with the next letter; the desk says that the server is away
    }
  }

  #show() {
    const { items = [], known = false } = this.#byCall.get(this.#call) ?? {};
    show(this.#box, items.length > 0);
    fill(this.#box, items.map((one) => row(one, known)));
  }
}

const today = (at) => (date(at) === date(now()) ? hourMinute(at) : `${date(at)} ${clock(at).slice(0, 5)}`);

function row(one, known) {
  const { kind, title, when } = noticeWords(one, today);
  return h('details', { class: 'notice-line' },
    h('summary', {}, h('span', { class: 'tag' }, kind), ' ', h('b', {}, title), ' ',
      h('span', { class: 's13 num' }, when), ' ', h('span', { class: 's13 muted' }, reasonWords(one, known))),
    h('p', {}, one.words));
}
