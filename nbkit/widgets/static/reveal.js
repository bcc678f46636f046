// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Text that arrives smoothly: a frame brings many characters at once. */

/** Text that came in one frame is on the screen after this many ms, as the next frame arrives. */
const REVEAL_MS = 165;
/** Text is shown in steps of this many ms: each costs the page a layout, and more are not seen. */
const STEP_MS = 45;
/** A page has drawn what was done so long ago, in ms. */
const DRAWN_MS = 12;
/** More text than this at once is not being written, it is being restored. */
const REVEAL_MOST = 1500;

/**
 * How many of `waiting` characters to show now, so that all are shown in `ms` from now.
 * @param {number} waiting
 * @param {number} passed ms since the last time
 * @param {number} ms
 */
export function revealCount(waiting, passed, ms) {
  if (ms <= 0) return waiting;
  return Math.min(
    waiting,
    Math.max(1, Math.ceil((waiting * passed) / (passed + ms))),
  );
}

/**
 * How much of the start two texts share, never half of a surrogate pair.
 * @param {string} a
 * @param {string} b
 */
export function shared(a, b) {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  return whole(b, n);
}

/**
 * The nearest place at or before `n` that does not split a character in two.
 * @param {string} text
 * @param {number} n
 */
export function whole(text, n) {
  const code = text.charCodeAt(n - 1);
  return code >= 0xd800 && code < 0xdc00 && n < text.length ? n - 1 : n;
}

/** Shows new text character by character until the next frame is due. */
export class Reveal {
  /**
   * @param {AbortSignal} signal
   * @param {() => void} stepped text has been shown
   */
  constructor(signal, stepped) {
    this.stepped = stepped;
    /** @type {Map<Text, string>} */
    this.texts = new Map();
    this.deadline = 0;
    this.last = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.still = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");
    this.step = this.step.bind(this);
    this.finish = this.finish.bind(this);
    document.addEventListener("visibilitychange", this.finish, { signal });
    signal.addEventListener("abort", this.finish);
  }

  /**
   * Give a text node its text, of which the first `show` characters are to be seen already.
   * @param {Text} node
   * @param {string} text
   * @param {number} show
   */
  set(node, text, show) {
    this.texts.delete(node);
    const keep = shared(node.data, text);
    // Only what differs is touched, so that a reader's selection stays.
    const end = Math.max(show, keep);
    if (node.data !== text.slice(0, end)) {
      node.replaceData(keep, node.data.length - keep, text.slice(keep, end));
    }
    if (end < text.length) this.texts.set(node, text);
  }

  /** @param {boolean} smooth */
  play(smooth) {
    let waiting = 0;
    for (const [node, text] of this.texts) {
      waiting += text.length - node.data.length;
    }
    if (!waiting) return this.stepped();
    if (
      !smooth || document.hidden || this.still?.matches || waiting > REVEAL_MOST
    ) {
      this.finish();
      return;
    }
    const now = performance.now();
    this.deadline = now + REVEAL_MS;
    if (!this.busy) this.last = now - STEP_MS;
    clearInterval(this.timer);
    this.timer = setInterval(this.step, STEP_MS);
    // The page draws what the frame has changed in any case: the first step goes along, unless one
    // has just been made that is not drawn yet.
    if (now - this.last > DRAWN_MS) this.step();
  }

  /** Whether the next step is due soon. */
  get busy() {
    return this.timer !== undefined;
  }

  step() {
    const now = performance.now();
    let waiting = 0;
    for (const [node, text] of this.texts) {
      if (node.isConnected) waiting += text.length - node.data.length;
      else this.complete(node, text); // its cell may be put back into the page
    }
    let count = revealCount(
      waiting,
      Math.max(1, now - this.last),
      this.deadline - now,
    );
    this.last = now;
    for (const [node, text] of this.texts) {
      const from = node.data.length;
      let to = Math.min(text.length, from + count);
      count -= to - from;
      if (whole(text, to) !== to) to += 1;
      node.appendData(text.slice(from, to));
      if (to === text.length) this.texts.delete(node);
      if (count <= 0) break;
    }
    if (!this.texts.size) this.rest();
    this.stepped();
  }

  rest() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  finish() {
    this.rest();
    for (const [node, text] of this.texts) this.complete(node, text);
    this.stepped();
  }

  /**
   * @param {Text} node
   * @param {string} text
   */
  complete(node, text) {
    node.appendData(text.slice(node.data.length));
    this.texts.delete(node);
  }
}
