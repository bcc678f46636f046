// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { button, draw, make } from "./dom.js";
import { STEP } from "./zoom.js";

/**
 * The fixed parts of a lightbox.
 * @param {import("./lightbox.js").Lightbox} box
 */
export function furnish(box) {
  const tool = (
    /** @type {string} */ text,
    /** @type {() => void} */ act,
    /** @type {Parameters<typeof button>[3]} */ icon,
  ) => button("nbkit-tool", text, act, icon);
  const group = (
    /** @type {string} */ className,
    /** @type {string} */ label,
    /** @type {HTMLElement[]} */ ...children
  ) => {
    const node = make("span", className, ...children);
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", label);
    return node;
  };
  const img = make("img", "nbkit-full");
  img.draggable = false;
  const stage = make("div", "nbkit-stage", img);
  stage.tabIndex = -1;
  const place = make("span", "nbkit-place");
  const former = tool("Former version", () => box.turn(-1), "left");
  const count = make("span", "nbkit-count");
  const latter = tool("Next version", () => box.turn(1), "right");
  const versions = group("nbkit-versions", "Versions", former, count, latter);
  const out = tool("Zoom out", () => box.stage.scale(1 / STEP), "minus");
  const percent = button("nbkit-tool nbkit-percent", "", () => box.stage.fit());
  percent.title = "Fit to the page";
  const closer = tool("Zoom in", () => box.stage.scale(STEP), "plus");
  const zoom = group("nbkit-zoom", "Zoom", out, percent, closer);
  const copying = tool("Copy prompt", () => box.copy(), "copy");
  const thanks = make("span", "nbkit-thanks");
  const download = make("a", "nbkit-tool", draw("download"));
  download.tabIndex = 0;
  download.setAttribute("role", "link");
  download.title = "Download original";
  download.setAttribute("aria-label", "Download original");
  const close = tool("Close", () => box.close(), "close");
  const before = button(
    "nbkit-side nbkit-side-left",
    "Previous image",
    () => box.move(-1),
    "left",
  );
  const after = button(
    "nbkit-side nbkit-side-right",
    "Next image",
    () => box.move(1),
    "right",
  );
  const caption = make("p", "nbkit-caption");
  caption.dir = "auto";
  const note = make("p", "nbkit-lightbox-note");
  note.hidden = true;
  const live = make("div", "nbkit-live");
  live.setAttribute("role", "status");
  const dialog = make(
    "dialog",
    "nbkit-lightbox",
    make(
      "div",
      "nbkit-above",
      place,
      versions,
      zoom,
      thanks,
      copying,
      download,
      close,
    ),
    make("div", "nbkit-middle", stage, before, after),
    make("div", "nbkit-below", note, caption),
    live,
  );
  dialog.setAttribute("aria-label", "Images of the reply");
  // The notebook's own keys are not for what is over it.
  dialog.dataset.lmSuppressShortcuts = "true";
  return {
    dialog,
    stage,
    img,
    place,
    former,
    latter,
    count,
    versions,
    out,
    percent,
    in: closer,
    thanks,
    download,
    before,
    after,
    caption,
    note,
    live,
  };
}
