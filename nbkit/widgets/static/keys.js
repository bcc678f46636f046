// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Who has the keyboard: the notebook, or something in the view. */

/**
 * Give the keyboard back to the notebook after a click with a mouse, and on Escape: a button that
 * kept it would leave the notebook's own keys dead.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function handBackKeys(root, signal) {
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element &&
      event.target.closest("button");
    // A form that was opened by the click is where the keys belong.
    const form = document.activeElement?.closest("form");
    if (button && !form && event.detail > 0) leave(root);
  }, { signal });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(root);
  }, { signal });
}

/**
 * Give the keyboard back to the cell.
 * @param {HTMLElement} root
 */
export function leave(root) {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !root.contains(active)) return;
  const cell = root.closest(".jp-Cell");
  active.blur();
  if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} root
 * @returns {HTMLElement | null} what has the keys in this view
 */
export function focusedIn(root) {
  const active = document.activeElement;
  return active instanceof HTMLElement && root.contains(active) ? active : null;
}

/**
 * Keep the keys in the view where what had them was moved with its place, or can have them no more.
 * @param {HTMLElement | null} focused
 * @param {HTMLElement} root
 * @param {HTMLElement} otherwise what gets them then
 */
export function keepFocus(focused, root, otherwise) {
  if (!focused) return;
  const active = document.activeElement;
  if (active !== focused && active !== document.body) return;
  const usable = root.contains(focused) &&
    focused.getClientRects().length > 0 &&
    !(focused instanceof HTMLButtonElement && focused.disabled);
  if (!usable) otherwise.focus({ preventScroll: true });
  else if (active !== focused) focused.focus({ preventScroll: true });
}
