// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What the kernel's renderer has written, and the places of images in it. */

const BLOCKS = /^(P|LI|TD|TH|DIV|H[1-6]|BLOCKQUOTE)$/;

/**
 * The one place where HTML is parsed: what the kernel's renderer has written and sanitised.
 * @param {string} html
 */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const place of placesIn(template.content)) {
    if (textBeside(place, "previousSibling")) {
      place.classList.add("nbkit-after");
    }
    if (textBeside(place, "nextSibling")) place.classList.add("nbkit-before");
  }
  // A line that ends elsewhere goes on in the next part.
  for (const lines of template.content.querySelectorAll(".nbkit-lines")) {
    lines.classList.toggle("nbkit-cut", !lines.textContent?.endsWith("\n"));
  }
  return template.content;
}

/**
 * @param {ParentNode} node
 * @returns {HTMLElement[]} the places of slots within
 */
export function placesIn(node) {
  return [...node.querySelectorAll(".nbkit-slot[data-nbkit-slot]")].filter((
    each,
  ) => each instanceof HTMLElement);
}

/**
 * Whether text stands beside a slot in its paragraph, so that its image goes on a line of its own.
 * @param {HTMLElement} place
 * @param {"previousSibling" | "nextSibling"} side
 */
function textBeside(place, side) {
  /** @type {Node | null} */
  let node = place;
  while (node instanceof HTMLElement && !BLOCKS.test(node.tagName)) {
    for (let other = node[side]; other; other = other[side]) {
      if (slotAt(other) !== null) return false;
      if (other.textContent?.trim()) return true;
    }
    node = node.parentNode;
  }
  return false;
}

/**
 * @param {Node} node
 * @returns {string | null} the slot whose place this is
 */
export function slotAt(node) {
  return node instanceof HTMLElement && node.classList.contains("nbkit-slot")
    ? node.dataset.nbkitSlot ?? null
    : null;
}
