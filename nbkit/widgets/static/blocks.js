// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { make } from "./dom.js";
import { Groups } from "./groups.js";
import { parse, placesIn, slotAt } from "./markup.js";

/** @typedef {import("./messages.js").Op} Op */

/** Text in these is shown at once: their columns and glyphs would jump with every character. */
const AT_ONCE = "table, tr, math, svg";

/** The document: blocks by key, changed in place so that what did not change is not touched. */
export class Blocks {
  /**
   * @param {HTMLElement} root
   * @param {(place: HTMLElement, id: string) => void} mount puts a slot's element into its place
   * @param {{ set(node: Text, text: string, show: number): void }} reveal
   */
  constructor(root, mount, reveal) {
    this.groups = new Groups(root);
    this.mount = mount;
    this.reveal = reveal;
    /** @type {Map<number, HTMLElement>} */
    this.byKey = new Map();
    /** The greatest key that there has been. */
    this.newest = -1;
  }

  /**
   * @param {Op[]} ops
   * @param {boolean} all whether the ops are the whole document
   */
  apply(ops, all) {
    /** @type {Map<number, number>} containers that were opened, and how many parts came for each */
    const opened = new Map();
    /** @type {Set<number>} */
    const seen = new Set();
    /** @type {Set<HTMLElement>} */
    const changed = new Set();
    for (const op of ops) {
      if (op.op === "put" || op.op === "open") {
        seen.add(op.key);
        const block = this.block(op.key, op.html);
        this.children(block, parse(op.html), op.op === "open");
        if (op.op === "open") opened.set(op.key, 0);
        else opened.delete(op.key);
        changed.add(block);
      } else if (op.op === "part") {
        const parts = this.parts(op.key);
        const next = parse(op.html).firstElementChild;
        if (!parts || !next) continue;
        const old = parts.children[op.index];
        const part = old
          ? this.part(old, next)
          : parts.appendChild(this.fresh(next));
        if (opened.has(op.key)) opened.set(op.key, op.index + 1);
        const former = parts.children[op.index - 1];
        if (former?.classList.contains("nbkit-cut")) {
          parts.classList.add("nbkit-run");
        }
        changed.add(/** @type {HTMLElement} */ (part));
      } else if (op.op === "cut") {
        this.trim(op.key, op.count);
        if (opened.has(op.key)) opened.set(op.key, op.count);
      } else {
        for (const key of [...this.byKey.keys()]) {
          if (key >= op.key) this.drop(key);
        }
      }
    }
    for (const [key, count] of opened) this.trim(key, count);
    if (all) {
      for (const key of [...this.byKey.keys()]) {
        if (!seen.has(key)) this.drop(key);
      }
    }
    for (const node of changed) this.slots(node);
  }

  /**
   * @param {number} key
   * @param {string} html what will stand in it, where it is new
   */
  block(key, html) {
    const known = this.byKey.get(key);
    if (known) return known;
    const block = make("div", "nbkit-block");
    let next = null;
    // Nearly each comes last, and need not look for its place.
    for (const [other, node] of key < this.newest ? this.byKey : []) {
      if (other > key && (next === null || other < next.key)) {
        next = { key: other, node };
      }
    }
    this.newest = Math.max(this.newest, key);
    this.groups.insert(block, next?.node ?? null, html);
    this.byKey.set(key, block);
    return block;
  }

  /** @param {number} key */
  parts(key) {
    return this.byKey.get(key)?.querySelector(".nbkit-parts") ?? null;
  }

  /**
   * @param {number} key
   * @param {number} count
   */
  trim(key, count) {
    const parts = this.parts(key);
    while (parts && parts.children.length > count) {
      parts.lastElementChild?.remove();
    }
  }

  /** @param {number} key */
  drop(key) {
    const block = this.byKey.get(key);
    if (block) this.groups.remove(block);
    this.byKey.delete(key);
  }

  /** @param {HTMLElement} within */
  slots(within) {
    const places = placesIn(within);
    if (slotAt(within) !== null) places.push(within);
    for (const place of places) {
      this.mount(place, place.dataset.nbkitSlot ?? "");
    }
  }

  /**
   * Make the children of `old` what those of `next` are, keeping every node that can stay.
   * @param {Node} old
   * @param {Node} next
   * @param {boolean} shell whether the parts within `old` are to stay as they are
   */
  children(old, next, shell) {
    let here = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      if (here) here = this.node(here, wanted, shell).nextSibling;
      else old.appendChild(this.fresh(wanted));
    }
    while (here) {
      const after = here.nextSibling;
      here.parentNode?.removeChild(here);
      here = after;
    }
  }

  /**
   * Change a part. Code that comes anew in its colours has been read: it is not shown bit by bit.
   * @param {Element} old
   * @param {Element} next
   * @returns {ChildNode} the node that stands there now
   */
  part(old, next) {
    const coloured = next.classList.contains("nbkit-lines") &&
      next.childElementCount > 0 && old.textContent === next.textContent;
    if (!coloured) return this.node(old, next, false);
    old.replaceWith(next);
    return next;
  }

  /**
   * @param {ChildNode} old
   * @param {ChildNode} next
   * @param {boolean} shell
   * @returns {ChildNode} the node that stands there now
   */
  node(old, next, shell) {
    if (old instanceof Text && next instanceof Text) {
      this.text(old, next.data);
      return old;
    }
    if (
      old instanceof Element && next instanceof Element &&
      old.nodeName === next.nodeName &&
      slotAt(old) === slotAt(next)
    ) {
      if (slotAt(old) !== null) {
        old.className = next.className;
        return old;
      }
      for (const { name } of [...old.attributes]) {
        if (!next.hasAttribute(name)) old.removeAttribute(name);
      }
      for (const { name, value } of next.attributes) {
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      }
      if (!(shell && old.classList.contains("nbkit-parts"))) {
        this.children(old, next, shell);
      }
      return old;
    }
    const fresh = this.fresh(next);
    old.replaceWith(fresh);
    return fresh;
  }

  /**
   * @template {Node} T
   * @param {T} node that is about to be shown for the first time
   * @returns {T}
   */
  fresh(node) {
    if (node instanceof Text) {
      const text = node.data;
      node.data = "";
      this.text(node, text);
    } else if (!(node instanceof Element && node.matches(AT_ONCE))) {
      for (const child of node.childNodes) this.fresh(child);
    }
    return node;
  }

  /**
   * @param {Text} node
   * @param {string} text
   */
  text(node, text) {
    const smooth = text.trim() && !node.parentElement?.closest(AT_ONCE);
    this.reveal.set(node, text, smooth ? 0 : text.length);
  }
}
