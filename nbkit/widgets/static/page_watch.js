// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { COPY } from "./copies.js";

/**
 * @typedef {object} Seeker whoever looks for its places in the page
 * @property {Record<string, string>} names the places, by their classes
 * @property {(name: string, copy: Element) => void} found
 * @property {() => void} prune let go of what has left the page
 */

/** The page's observer is found under this: each model of a widget has a module of its own. */
const WATCH = Symbol.for("nbkit.places");

/** Watches the page for all sessions at once: their number does not count. */
export class Watch {
  constructor() {
    /** @type {Set<Seeker>} */
    this.all = new Set();
    this.observer = new MutationObserver((records) => this.changed(records));
  }

  /** @returns {Watch} */
  static get() {
    const page = /** @type {Record<symbol, any>} */ (globalThis);
    return page[WATCH] ??= new Watch();
  }

  /** @param {Seeker} places */
  add(places) {
    if (!this.all.size) {
      this.observer.observe(document.body, { childList: true, subtree: true });
    }
    this.all.add(places);
  }

  /** @param {Seeker} places */
  delete(places) {
    this.all.delete(places);
    if (!this.all.size) this.observer.disconnect();
  }

  /** @param {MutationRecord[]} records */
  changed(records) {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        for (const copy of node.querySelectorAll(COPY)) this.found(copy);
        if (node.matches(COPY)) this.found(node);
      }
    }
    if (records.some(({ removedNodes }) => removedNodes.length)) {
      for (const places of this.all) places.prune();
    }
  }

  /** @param {Element} copy */
  found(copy) {
    for (const name of copy.classList) {
      for (const places of this.all) {
        if (Object.hasOwn(places.names, name)) places.found(name, copy);
      }
    }
  }
}
