// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { button, draw, enable, make, say } from "./dom.js";
import { address } from "./pictures.js";
import { FIT, fitted, kept, MOST, STEP, zoomed } from "./zoom.js";

/**
 * The pictures of a story one at a time, in full. The size of the page is shown at once and the
 * original when it has come; it is let go with the picture, so that the page never keeps any.
 *
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").Picture} Picture
 * @typedef {import("./messages.js").Slot} Slot
 * @typedef {import("./slots.js").SlotView} SlotView
 *
 * @typedef {(error: string | null, picture: Picture | undefined, buffers: Buffers) => void} Done
 *
 * @typedef {object} Gallery what the lightbox asks of its view
 * @property {() => SlotView[]} slots those that have a picture, in text order
 * @property {(slot: string, version: number, done: Done) => void} original
 * @property {() => boolean} lost whether the kernel is gone
 * @property {() => void} closed
 * @typedef {import("./zoom.js").Size} Size
 */

/** A picture is in view for so long, in ms, before its original is asked for. */
const SETTLED_MS = 120;
/** A kernel that has not sent an original after so long is busy, or gone. */
const PATIENCE_MS = 3000;
const GONE = "The kernel does not answer: this is the smaller copy";
/** How far, in pixels, a pointer moves before it drags. */
const STILL = 4;

/**
 * A name for a picture's file: the words of its prompt.
 * @param {string} prompt
 * @param {string} type
 * @param {number} version 0 where there is but one
 */
export function fileName(prompt, type, version) {
  const words =
    prompt.normalize("NFC").toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  let name = "";
  for (const word of words) {
    const next = name ? `${name}-${word}` : word;
    if ([...next].length > 60) {
      name ||= [...word].slice(0, 60).join("");
      break;
    }
    name = next;
  }
  // Names that some systems have taken for devices.
  if (!name || /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name)) {
    name = name ? `image-${name}` : "image";
  }
  const ending = type.replace(/^image\//, "").replace("jpeg", "jpg");
  return `${name}${version ? `-${version}` : ""}.${ending}`;
}

/**
 * Copy a text, also where the clipboard's own interface is not allowed.
 * @param {string} text
 * @param {HTMLElement} within a place that is not inert
 */
async function copy(text, within) {
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

/**
 * The fixed parts of a lightbox.
 * @param {Lightbox} box
 */
function furnish(box) {
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
  const out = tool("Zoom out", () => box.scale(1 / STEP), "minus");
  const percent = button("nbkit-tool nbkit-percent", "", () => box.fit());
  percent.title = "Fit to the page";
  const closer = tool("Zoom in", () => box.scale(STEP), "plus");
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

/** A modal dialog over the whole page. */
export class Lightbox {
  /**
   * @param {Gallery} gallery
   * @param {HTMLElement} root of the view
   * @param {AbortSignal} signal
   */
  constructor(gallery, root, signal) {
    this.gallery = gallery;
    /** @type {SlotView | null} */
    this.view = null;
    this.version = 0;
    this.zoom = FIT;
    /** @type {string} the address of the original, as long as it is in view */
    this.original = "";
    this.asked = 0;
    /** @type {Map<number, { x: number, y: number }>} */
    this.pointers = new Map();
    this.dragged = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.asking = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.thanking = undefined;
    this.ui = furnish(this);
    this.listen();
    // In the page's own body: a notebook may take a cell that is out of sight apart.
    const home = root.getRootNode();
    (home instanceof ShadowRoot ? home : document.body).append(this.ui.dialog);
    signal.addEventListener("abort", () => {
      this.close();
      this.ui.dialog.remove();
    });
  }

  listen() {
    const { dialog, stage, img } = this.ui;
    dialog.addEventListener("close", () => this.closed());
    dialog.addEventListener("keydown", (event) => this.key(event));
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      this.scale(Math.exp(-event.deltaY * lines * 0.002), event);
    }, { passive: false });
    stage.addEventListener("dblclick", (event) => {
      if (this.zoom.scale > 1) this.fit();
      else this.scale(2.5, event);
    });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (!this.pointers.size) this.dragged = false;
      this.pointers.set(event.pointerId, {
        x: event.clientX,
        y: event.clientY,
      });
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      stage.addEventListener(
        end,
        (event) => this.pointers.delete(event.pointerId),
      );
    }
    stage.addEventListener("click", (event) => {
      const { left, right, top, bottom } = img.getBoundingClientRect();
      const beside = event.clientX < left || event.clientX > right ||
        event.clientY < top || event.clientY > bottom;
      if (beside && !this.dragged) this.close();
    });
    this.sizes = new ResizeObserver(() => this.layOut());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      ArrowUp: () => this.turn(-1),
      ArrowDown: () => this.turn(1),
      Home: () => this.move(-Infinity),
      End: () => this.move(Infinity),
      "+": () => this.scale(STEP),
      "=": () => this.scale(STEP),
      "-": () => this.scale(1 / STEP),
      "0": () => this.fit(),
    };
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  }

  get open() {
    return this.ui.dialog.open;
  }

  /** @param {SlotView} view */
  show(view) {
    if (!this.open) {
      this.ui.dialog.showModal();
      this.ui.stage.focus({ preventScroll: true });
      this.sizes?.observe(this.ui.stage);
    }
    this.view = view;
    this.load();
    this.speak();
  }

  close() {
    if (this.open) this.ui.dialog.close();
    this.closed();
  }

  /** The browser says a little later that it is closed, by which time it may be open again. */
  closed() {
    if (this.open || !this.view) return;
    this.sizes?.disconnect();
    this.letGo();
    this.ui.img.removeAttribute("src");
    this.view = null;
    this.pointers.clear();
    clearTimeout(this.thanking);
    say(this.ui.thanks, "");
    say(this.ui.live, "");
    this.gallery.closed();
  }

  /** Follow what has changed in the story. */
  update() {
    if (!this.open || !this.view) return;
    if (this.view.picture.version !== this.version) this.load();
    else this.paint();
    if (this.gallery.lost() && !this.original && this.ui.note.hidden) {
      this.tell(GONE);
    }
  }

  /** @param {number} by */
  move(by) {
    const all = this.gallery.slots();
    const at = this.view ? all.indexOf(this.view) : -1;
    const to = Math.min(all.length - 1, Math.max(0, at + by));
    if (to !== at && all[to]) this.show(all[to]);
  }

  /** @param {number} by */
  turn(by) {
    this.view?.turn(by);
    this.paint();
  }

  /** Show the picture of the page at once, and ask for the original. */
  load() {
    const { view } = this;
    if (!view) return;
    this.letGo();
    this.zoom = FIT;
    this.version = view.picture.version;
    this.ui.img.alt = view.slot?.prompt ?? "";
    const url = view.picture.urls.get(this.version) ?? view.picture.shown;
    if (url) this.ui.img.src = url;
    this.paint();
    this.layOut();
    const asked = ++this.asked;
    this.asking = setTimeout(() => this.ask(asked), SETTLED_MS);
  }

  /** @param {number} asked */
  ask(asked) {
    const slot = this.view?.slot;
    if (!slot || asked !== this.asked) return;
    const late = () => this.tell(GONE);
    if (this.gallery.lost()) return late();
    this.waiting = setTimeout(late, PATIENCE_MS);
    this.gallery.original(slot.id, slot.chosen, (error, picture, buffers) => {
      if (asked !== this.asked || !this.open) return;
      clearTimeout(this.waiting);
      if (error || !picture || picture.buffer === null) {
        this.tell(
          `This is the smaller copy: ${error ?? "the original did not come"}`,
        );
        return;
      }
      this.receive(asked, picture, buffers[picture.buffer]);
    });
  }

  /**
   * @param {number} asked
   * @param {Picture} picture
   * @param {Buffers[number]} buffer
   */
  receive(asked, picture, buffer) {
    const url = this.original = address(buffer, picture.type);
    const loading = new Image();
    loading.src = url;
    loading.decode().then(() => true, () => false).then((good) => {
      if (asked !== this.asked || this.original !== url) return;
      if (!good) {
        this.letGo();
        this.tell("The original cannot be shown: this is the smaller copy");
        return;
      }
      this.ui.img.src = url;
      this.tell("");
      const slot = this.view?.slot;
      this.ui.download.href = url;
      this.ui.download.download = fileName(
        slot?.prompt ?? "",
        picture.type,
        slot && slot.versions > 1 ? slot.chosen + 1 : 0,
      );
      this.paint();
    });
  }

  /** Let the original go, and what was on its way. */
  letGo() {
    this.asked += 1;
    clearTimeout(this.asking);
    clearTimeout(this.waiting);
    if (this.original) URL.revokeObjectURL(this.original);
    this.original = "";
    this.ui.download.removeAttribute("href");
    this.tell("");
  }

  /** @param {string} text */
  tell(text) {
    say(this.ui.note, text);
    this.ui.note.hidden = !text;
    if (text) say(this.ui.live, text);
  }

  async copy() {
    const done = await copy(this.view?.slot?.prompt ?? "", this.ui.dialog);
    say(this.ui.thanks, done ? "Copied" : "Copying is not allowed here");
    say(this.ui.live, this.ui.thanks.textContent ?? "");
    clearTimeout(this.thanking);
    this.thanking = setTimeout(() => say(this.ui.thanks, ""), 2000);
  }

  paint() {
    const slot = this.view?.slot;
    if (!slot || !this.view) return;
    const all = this.gallery.slots();
    const at = all.indexOf(this.view);
    const { chosen } = this.view;
    say(this.ui.place, `${at + 1} of ${all.length}`);
    say(this.ui.caption, slot.prompt);
    enable(this.ui.before, at > 0);
    enable(this.ui.after, at < all.length - 1);
    this.ui.before.hidden = this.ui.after.hidden = all.length < 2;
    this.ui.versions.hidden = slot.versions < 2;
    say(this.ui.count, `${chosen + 1}/${slot.versions}`);
    enable(this.ui.former, chosen > 0 && !this.gallery.lost());
    enable(this.ui.latter, chosen < slot.versions - 1 && !this.gallery.lost());
    enable(this.ui.download, this.ui.download.hasAttribute("href"));
    this.ui.dialog.toggleAttribute(
      "data-original",
      this.ui.download.hasAttribute("href"),
    );
  }

  speak() {
    const all = this.gallery.slots();
    const at = this.view ? all.indexOf(this.view) : -1;
    const slot = this.view?.slot;
    const version = slot && slot.versions > 1
      ? `, version ${slot.chosen + 1} of ${slot.versions}`
      : "";
    say(this.ui.live, `Image ${at + 1} of ${all.length}${version}`);
  }

  // -- zoom

  /** @returns {Size} */
  size() {
    const { clientWidth: width, clientHeight: height } = this.ui.stage;
    return { width, height };
  }

  /** @returns {Size} */
  fits() {
    const image = this.view?.slot?.image;
    const known = image?.width ? image : {
      width: this.ui.img.naturalWidth,
      height: this.ui.img.naturalHeight,
    };
    return fitted(known, this.size());
  }

  layOut() {
    const { width, height } = this.fits();
    this.zoom = kept(this.zoom, { width, height }, this.size());
    const { scale, x, y } = this.zoom;
    this.ui.img.style.width = `${width}px`;
    this.ui.img.style.height = `${height}px`;
    this.ui.img.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    this.ui.stage.toggleAttribute("data-zoomed", scale > 1);
    say(this.ui.percent, `${Math.round(scale * 100)} %`);
    this.ui.percent.setAttribute(
      "aria-label",
      `${Math.round(scale * 100)} %, fit to the page`,
    );
    enable(this.ui.out, scale > 1);
    enable(this.ui.in, scale < MOST);
  }

  /**
   * @param {number} factor
   * @param {{ clientX: number, clientY: number }} [at] the middle where there is none
   */
  scale(factor, at) {
    const { left, top, width, height } = this.ui.stage.getBoundingClientRect();
    const point = at
      ? { x: at.clientX - left - width / 2, y: at.clientY - top - height / 2 }
      : { x: 0, y: 0 };
    this.zoom = zoomed(this.zoom, factor, point);
    this.layOut();
  }

  fit() {
    this.zoom = FIT;
    this.layOut();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    if (
      !this.dragged && Math.hypot(now.x - before.x, now.y - before.y) < STILL
    ) {
      return;
    }
    this.dragged = true;
    this.pointers.set(event.pointerId, now);
    if (others.length === 0) {
      const { scale, x, y } = this.zoom;
      this.zoom = { scale, x: x + now.x - before.x, y: y + now.y - before.y };
      this.layOut();
    } else if (others.length === 1) {
      // Two fingers: what is under each stays there.
      const [[, other]] = others;
      const apart = Math.hypot(before.x - other.x, before.y - other.y) || 1;
      this.scale(Math.hypot(now.x - other.x, now.y - other.y) / apart, {
        clientX: other.x,
        clientY: other.y,
      });
    }
  }
}
