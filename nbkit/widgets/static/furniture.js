// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { button, make } from "./dom.js";

/** @typedef {import("./messages.js").CommandName} CommandName */

/**
 * The fixed parts of a view.
 * @param {(name: CommandName, button: HTMLButtonElement) => void} command
 */
export function layout(command) {
  const control = (
    /** @type {string} */ text,
    /** @type {() => CommandName} */ name,
  ) => {
    const node = button("nbkit-button", text, () => command(name(), node));
    return node;
  };
  const facts = {
    word: make("span", "nbkit-state"),
    time: make("span", "nbkit-time"),
    images: make("span", "nbkit-images"),
    failed: make("span", "nbkit-failed"),
    paused: make("span", "nbkit-paused"),
    note: make("span", "nbkit-note"),
  };
  const stop = control("Stop", () => "cancel");
  const pause = control(
    "Pause",
    () => pause.dataset.name === "resume" ? "resume" : "pause",
  );
  const retry = control("Retry failed", () => "retry_failed");
  const buttons = make("div", "nbkit-buttons", stop, pause, retry);
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-label", "Controls");
  const error = make("div", "nbkit-error");
  const remark = make("div", "nbkit-remark");
  const story = make("div", "nbkit-story");
  const scroll = make("div", "nbkit-scroll", story);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Reply");
  // JupyterLab would take the arrow and page keys of a reader in here for the notebook's.
  scroll.dataset.lmSuppressShortcuts = "true";
  const toEnd = make("button", "nbkit-button nbkit-to-end", "To the end ↓");
  toEnd.type = "button";
  const live = make("div", "nbkit-live");
  live.setAttribute("role", "status");
  const root = make(
    "section",
    "nbkit-preview",
    make(
      "div",
      "nbkit-header",
      make("div", "nbkit-facts", ...Object.values(facts)),
      buttons,
    ),
    error,
    remark,
    make("div", "nbkit-body", scroll, toEnd),
    live,
  );
  root.setAttribute("aria-label", "Illustrated reply");
  return {
    root,
    ...facts,
    stop,
    pause,
    retry,
    error,
    remark,
    story,
    scroll,
    toEnd,
    live,
  };
}
