// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { make } from "./dom.js";

/**
 * Copy a text, also where the clipboard's own interface is not allowed.
 * @param {string} text
 * @param {HTMLElement} within a place that is not inert
 */
export async function copyText(text, within) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea", "nbkit-unseen");
    const focused = document.activeElement;
    field.value = text;
    within.append(field);
    field.select();
    try {
      return document.execCommand("copy");
    } catch {
      return false;
    } finally {
      field.remove();
      if (focused instanceof HTMLElement) focused.focus();
    }
  }
}
