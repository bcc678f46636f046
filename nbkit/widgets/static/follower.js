// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** A view that keeps the end of its text in sight until its reader scrolls up. */

/** How near the end, in pixels, counts as the end. */
const SLACK = 32;

/**
 * Whether the view follows the end after a scroll. Only a move upwards lets go: the end also moves
 * away by itself, when text arrives between a scroll and its event.
 * @param {boolean} following
 * @param {{ top: number, before: number, rest: number }} scroll `rest` is the distance to the end
 */
export function follows(following, { top, before, rest }) {
  if (rest <= SLACK) return true;
  return top < before ? false : following;
}

/** The scrolled part of a view. */
export class Follower {
  /**
   * @param {HTMLElement} scroll
   * @param {HTMLElement} story what it scrolls
   * @param {HTMLElement} toEnd the button that leads to the end
   * @param {AbortSignal} signal
   */
  constructor(scroll, story, toEnd, signal) {
    this.scroll = scroll;
    this.toEnd = toEnd;
    this.following = true;
    this.running = false;
    this.out = false;
    this.top = 0;
    this.end = 0;
    scroll.addEventListener("scroll", () => {
      const top = scroll.scrollTop;
      const { scrollHeight, clientHeight } = scroll;
      if (top === this.top || !clientHeight) return; // its own move, or out of the page
      const rest = scrollHeight - clientHeight - top;
      this.following = follows(this.following, { top, before: this.top, rest });
      this.top = top;
      this.paint(this.running);
    }, { signal, passive: true });
    const sizes = new ResizeObserver(() => {
      const out = this.out;
      this.out = !scroll.clientHeight;
      if (this.out) return;
      this.fit();
      this.end = NaN;
      // A cell that a notebook takes out of the page comes back scrolled to its beginning.
      if (out && !this.following) scroll.scrollTop = this.top;
      this.follow();
    });
    sizes.observe(story);
    sizes.observe(scroll);
    signal.addEventListener("abort", () => sizes.disconnect());
    toEnd.addEventListener("click", () => {
      this.following = true;
      this.end = NaN;
      this.follow();
      this.paint(this.running);
      scroll.focus({ preventScroll: true });
    });
  }

  /** @param {boolean} running whether the end may move */
  paint(running) {
    this.running = running;
    this.toEnd.hidden = this.following || !running;
    this.scroll.classList.toggle("nbkit-following", this.following);
  }

  /** Tell the style sheet whether there is more than is in view. */
  fit() {
    const { scrollHeight, clientHeight } = this.scroll;
    this.scroll.classList.toggle("nbkit-filled", scrollHeight > clientHeight);
  }

  /**
   * Bring the end into view. Called with each change, and not after the page has been laid out: to
   * scroll it then would take a frame of its own.
   */
  follow() {
    if (!this.following) return;
    const end = this.scroll.scrollHeight - this.scroll.clientHeight;
    // Where it has not moved, whoever scrolls is let go on.
    if (end === this.end) return;
    this.end = end;
    this.scroll.scrollTop = end;
    this.top = this.scroll.scrollTop;
  }
}
