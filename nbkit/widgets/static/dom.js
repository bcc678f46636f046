// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Small DOM tools of the widgets' scripts. */

/** What the icons are drawn with, on a ground of 24 by 24. */
const ICONS = {
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-5-4.5l5 5 5-5M5 20h14",
  edit: "M4 20l1-4L16.5 4.5l3 3L8 19zM14 7l3 3",
  left: "M15 5l-7 7 7 7",
  minus: "M5 12h14",
  plus: "M12 5v14M5 12h14",
  right: "M9 5l7 7-7 7",
};

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/**
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Make the children of `parent` these, moving no node that stands right.
 * @param {Element} parent
 * @param {Element[]} wanted
 */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) {
    if (!keep.has(child)) child.remove();
  }
  wanted.forEach((node, i) => {
    if (parent.children[i] !== node) {
      parent.insertBefore(node, parent.children[i] ?? null);
    }
  });
}

/**
 * A button that does not take the notebook's keys with it.
 * @param {string} className
 * @param {string} text what it says, or with an icon what it is called
 * @param {(event: MouseEvent) => void} act not called while the button is off
 * @param {keyof typeof ICONS} [icon]
 */
export function button(className, text, act, icon) {
  const node = make("button", className, icon ? draw(icon) : text);
  node.type = "button";
  node.dataset.lmSuppressShortcuts = "true";
  if (icon) {
    node.title = text;
    node.setAttribute("aria-label", text);
  }
  node.addEventListener("click", (event) => {
    if (node.getAttribute("aria-disabled") !== "true") act(event);
  });
  return node;
}

/**
 * Turn a control off or on. One that is off keeps the focus, which `disabled` would lose.
 * @param {HTMLElement} node
 * @param {boolean} on
 */
export function enable(node, on) {
  const off = String(!on);
  if (node.getAttribute("aria-disabled") !== off) {
    node.setAttribute("aria-disabled", off);
  }
}

/** @param {keyof typeof ICONS} name */
export function draw(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("nbkit-icon");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
