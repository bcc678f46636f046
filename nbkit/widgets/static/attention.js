// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** How long nobody has touched a view, in ms, before it may be frozen. */
const IDLE_MS = 20_000;

/** Whether a reader is at a view. The kernel is told when nobody is, or the page is out of sight. */
export class Attention {
  /**
   * @param {HTMLElement} root
   * @param {AbortSignal} signal
   * @param {object} view
   * @param {() => boolean} view.ended
   * @param {() => boolean} view.inUse whether a static copy would take something away
   * @param {(kind: "idle" | "hidden") => void} view.tell
   */
  constructor(root, signal, view) {
    this.root = root;
    this.view = view;
    this.touched = performance.now();
    this.told = { idle: false, hidden: false };
    const touch = () => this.touch();
    for (
      const event of [
        "pointerdown",
        "pointermove",
        "wheel",
        "keydown",
        "focusin",
      ]
    ) {
      root.addEventListener(event, touch, { signal, passive: true });
    }
    document.addEventListener("visibilitychange", () => this.hidden(), {
      signal,
    });
    globalThis.addEventListener("pagehide", () => this.hidden(true), {
      signal,
    });
  }

  touch() {
    this.touched = performance.now();
  }

  /** What was told counts no more: the session runs again. */
  again() {
    this.told = { idle: false, hidden: false };
  }

  /** @param {boolean} [going] */
  hidden(going = document.hidden) {
    if (!going || this.told.hidden || !this.view.ended() || this.view.inUse()) {
      return;
    }
    this.told.hidden = true;
    this.view.tell("hidden");
  }

  /** @param {number} now in ms */
  tick(now) {
    const watched = this.view.inUse() ||
      this.root.contains(document.activeElement) ||
      this.root.matches(":hover");
    if (watched) this.touched = now;
    if (
      this.view.ended() && !this.told.idle && now - this.touched > IDLE_MS
    ) {
      this.told.idle = true;
      this.view.tell("idle");
    }
  }
}
