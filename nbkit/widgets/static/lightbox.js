// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { copyText } from "./clipboard.js";
import { enable, say } from "./dom.js";
import { fileName } from "./file_name.js";
import { furnish } from "./lightbox_furniture.js";
import { address } from "./pictures.js";
import { Stage } from "./stage.js";
import { FIT, MOST, STEP } from "./zoom.js";

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
 */

/** A picture is in view for so long, in ms, before its original is asked for. */
const SETTLED_MS = 120;
/** A kernel that has not sent an original after so long is busy, or gone. */
const PATIENCE_MS = 3000;
const GONE = "The kernel does not answer: this is the smaller copy";
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
    /** @type {string} the address of the original, as long as it is in view */
    this.original = "";
    this.asked = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.asking = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.thanking = undefined;
    this.ui = furnish(this);
    this.stage = new Stage(this.ui.stage, this.ui.img, {
      known: () => {
        const image = this.view?.slot?.image;
        return image?.width ? image : undefined;
      },
      laidOut: (scale) => this.paintZoom(scale),
      beside: () => this.close(),
    });
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
    const { dialog } = this.ui;
    dialog.addEventListener("close", () => this.closed());
    dialog.addEventListener("keydown", (event) => this.key(event));
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
      "+": () => this.stage.scale(STEP),
      "=": () => this.stage.scale(STEP),
      "-": () => this.stage.scale(1 / STEP),
      "0": () => this.stage.fit(),
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
      this.stage.open();
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
    this.stage.close();
    this.letGo();
    this.view = null;
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
    this.stage.zoom = FIT;
    this.version = view.picture.version;
    this.ui.img.alt = view.slot?.prompt ?? "";
    const url = view.picture.urls.get(this.version) ?? view.picture.shown;
    if (url) this.ui.img.src = url;
    this.paint();
    this.stage.layOut();
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
    const done = await copyText(this.view?.slot?.prompt ?? "", this.ui.dialog);
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

  /** @param {number} scale */
  paintZoom(scale) {
    const percent = `${Math.round(scale * 100)} %`;
    say(this.ui.percent, percent);
    this.ui.percent.setAttribute("aria-label", `${percent}, fit to the page`);
    enable(this.ui.out, scale > 1);
    enable(this.ui.in, scale < MOST);
  }
}
