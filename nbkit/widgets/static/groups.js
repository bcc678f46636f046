// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { make } from "./dom.js";

/** How many blocks a group has at least before another begins. */
const GROUP = 24;

/** What begins with a letter, or with no text of its own, is not about to become a heading. */
const NO_HEADING = /^<(?:p\b[^>]*>\s*\p{L}|ul|ol|pre|div|blockquote)/u;

/**
 * The blocks of a story in groups. A browser looks at each child of what it lays out and paints, so a
 * line more would cost the more, the longer a story is; a group that is finished it passes over. It is
 * contained, and no more: what `content-visibility` leaves out, Chromium does not tell a screen reader.
 *
 * A group that is passed over keeps its margins to itself, where those of two blocks that meet are one.
 * That is the same where the second has none above, as all have but headings.
 */
export class Groups {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /**
   * @param {HTMLElement} block
   * @param {HTMLElement | null} next the block that it goes before, null at the end
   * @param {string} html what will stand in it
   */
  insert(block, next, html) {
    if (next?.parentElement) {
      next.parentElement.insertBefore(block, next);
      return;
    }
    let group = this.root.lastElementChild;
    if (!group || (group.childElementCount >= GROUP && NO_HEADING.test(html))) {
      group = this.root.appendChild(make("div", "nbkit-group"));
    }
    group.append(block);
  }

  /** @param {HTMLElement} block */
  remove(block) {
    const group = block.parentElement;
    block.remove();
    if (!group?.childElementCount) group?.remove();
    const last = this.root.lastElementChild;
    if (last) still(last, false);
  }

  /** Let the browser pass over the groups that are finished. */
  settle() {
    const last = this.root.lastElementChild;
    let next = last;
    let group = last?.previousElementSibling;
    while (next && group instanceof HTMLElement && !isStill(group)) {
      // The first block of the next one is finished when another has come.
      const met = next !== last || next.childElementCount > 1;
      if (met && !beginsWithHeading(group) && !beginsWithHeading(next)) {
        still(group, true);
      }
      next = group;
      group = group.previousElementSibling;
    }
  }
}

/** @param {Element} group */
function isStill(group) {
  return group.classList.contains("nbkit-still");
}

/**
 * @param {Element} group
 * @param {boolean} on
 */
function still(group, on) {
  group.classList.toggle("nbkit-still", on);
}

/** @param {Element} group other than the first it would keep the space above it to itself */
function beginsWithHeading(group) {
  return group.previousElementSibling !== null &&
    /^H[1-6]$/.test(
      group.firstElementChild?.firstElementChild?.tagName ?? "",
    );
}
