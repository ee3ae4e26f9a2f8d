// The frames of a stack: fetched when wanted, ahead of the one that is looked at, and let go on the way past them.
import { fetchNumbers } from "./numbers.js";

const AHEAD = 12;
const BEHIND = 4;
const AT_ONCE = 4;

export class Frames {
  /** `list` as the server gives it: [{src, href, values, image, frame, at, axes}, ...]. */
  constructor(list) {
    this.list = list;
    this.going = new Map();
    this.waiting = [];
    this.at = 0;
    this.way = 1;
    this.wants = (_index) => Promise.resolve();
    this.has = (_index) => false;
    /** How many frames are fetched ahead, beyond the last one from the first again when it goes round. */
    this.reach = AHEAD;
    this.isRound = false;
  }

  get count() {
    return this.list.length;
  }

  /** The numbers of a frame; asked for once however many wait for it. */
  numbers(index) {
    return this.going.get(index)?.promise ?? this.#start(index);
  }

  #start(index) {
    const control = new AbortController();
    const promise = fetchNumbers(this.list[index].values, control.signal);
    const over = () => { this.going.delete(index); this.#fill(); };
    this.going.set(index, { promise, control });
    promise.then(over, over);
    return promise;
  }

  /** Look at a frame: what lies far from it is no longer fetched, what lies about it is. */
  look(index) {
    if (index !== this.at) this.way = Math.sign(index - this.at);
    this.at = index;
    const near = this.#near();
    for (const [one, { control }] of this.going) if (one !== index && !near.includes(one)) control.abort();
    this.waiting = near;
    this.#fill();
  }

  /** Look no further ahead than usual. */
  rest() {
    this.reach = AHEAD;
    this.isRound = false;
    this.look(this.at);
  }

  #near() {
    const found = [];
    for (let step = 1; step <= this.reach; step += 1) {
      found.push(this.at + step * this.way);
      if (step <= BEHIND) found.push(this.at - step * this.way);
    }
    const placed = this.isRound ? found.map((index) => (index + this.count) % this.count) : found;
    return placed.filter((index) => index >= 0 && index < this.count);
  }

  #fill() {
    while (this.waiting.length && this.going.size < AT_ONCE) {
      const index = this.waiting.shift();
      if (!this.has(index) && !this.going.has(index)) this.wants(index).catch(() => { /* It is told when it is looked at. */ });
    }
  }

  /** Fetch nothing any more. */
  close() {
    this.waiting = [];
    for (const { control } of this.going.values()) control.abort();
  }
}
