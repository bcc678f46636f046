// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { button, make, say } from "./dom.js";

/** @typedef {import("./messages.js").Slot} Slot */

/** More than this is no prompt, and a message to the kernel has its bounds. */
const LONGEST = 20_000;

/**
 * The prompt that a new version begins with: what has failed is what is to be mended.
 * @param {Slot} slot
 */
export function promptToEdit(slot) {
  return slot.status === "failed" || slot.status === "cancelled"
    ? slot.task_prompt ?? slot.prompt
    : slot.prompt;
}

/** The small form in which a prompt is edited. Nothing that arrives meanwhile touches its text. */
export class PromptForm {
  /**
   * @param {(prompt: string, mode: "append" | "replace", form: PromptForm) => void} submit
   * @param {() => void} closed
   */
  constructor(submit, closed) {
    this.closed = closed;
    this.begun = "";
    this.text = make("textarea", "nbkit-edit");
    this.text.setAttribute("aria-label", "Prompt");
    this.text.dir = "auto";
    this.text.spellcheck = false;
    this.text.maxLength = LONGEST;
    const name = crypto.randomUUID?.() ?? String(Math.random());
    const choice = (
      /** @type {string} */ text,
      /** @type {string} */ value,
    ) => {
      const input = make("input", "");
      input.type = "radio";
      input.name = name;
      input.value = value;
      return { input, label: make("label", "nbkit-choice", input, text) };
    };
    const keep = choice("Keep both", "append");
    this.replace = choice("Replace", "replace");
    keep.input.checked = true;
    this.modes = make("span", "nbkit-modes", keep.label, this.replace.label);
    this.modes.setAttribute("role", "radiogroup");
    this.modes.setAttribute("aria-label", "What becomes of the image shown");
    this.error = make("span", "nbkit-form-error");
    this.error.setAttribute("role", "alert");
    this.go = make("button", "nbkit-button nbkit-primary", "Generate");
    this.go.type = "submit";
    const cancel = button("nbkit-button", "Cancel", () => {
      this.text.value = this.begun;
      this.close();
    });
    this.el = make(
      "form",
      "nbkit-form",
      this.text,
      this.error,
      make("span", "nbkit-form-row", this.modes, this.go, cancel),
    );
    this.el.hidden = true;
    this.el.dataset.lmSuppressShortcuts = "true";
    const send = () => {
      const prompt = this.text.value.trim();
      if (!prompt || this.go.getAttribute("aria-busy")) {
        return this.text.focus();
      }
      submit(prompt, this.replace.input.checked ? "replace" : "append", this);
    };
    this.el.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        send();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @param {Slot} slot */
  open(slot) {
    const prompt = promptToEdit(slot);
    // What was typed and left by Escape is still there.
    if (this.text.value === this.begun) this.text.value = prompt;
    this.begun = prompt;
    this.modes.hidden = slot.versions === 0;
    say(this.error, "");
    this.el.hidden = false;
    this.text.focus({ preventScroll: true });
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
    this.el.scrollIntoView({ block: "nearest" });
  }

  /** @param {string | null} error */
  answered(error) {
    say(this.error, error ?? "");
    if (error) return;
    this.text.value = this.begun;
    this.close();
  }

  close() {
    if (this.el.hidden) return;
    this.el.hidden = true;
    this.closed();
  }
}
