// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** The live region speaks at most this often. */
const SPEAK_MS = 2000;

/** A view's live region. Of what comes in quick succession the last is said. */
export class Voice {
  /**
   * @param {HTMLElement} region
   * @param {AbortSignal} signal
   */
  constructor(region, signal) {
    this.region = region;
    this.at = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** @param {string} text */
  speak(text) {
    if (!text) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.at = performance.now();
      this.region.textContent = text;
    }, Math.max(0, this.at + SPEAK_MS - performance.now()));
  }
}
