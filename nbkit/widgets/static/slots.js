// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { button, enable, make, say } from "./dom.js";
import { PictureView } from "./pictures.js";
import { PromptForm } from "./prompt_form.js";
import { left, slotText, toolsOf } from "./slot_text.js";

/**
 * The place of one image: its picture, how it stands, and what can be done with it.
 *
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").CommandName} CommandName
 * @typedef {import("./messages.js").Details} Details
 * @typedef {import("./messages.js").Slot} Slot
 *
 * @typedef {object} Actions what a slot asks of its view
 * @property {(name: CommandName, slot: string, more?: {
 *   details?: Details, button?: HTMLElement, done?: (error: string | null) => void }) => void} command
 * @property {(slot: string, event: Event) => void} open shows the picture in full
 * @property {() => void} decoded hears that a picture can be shown
 */

/** The element of one image, made once and moved to wherever its place in the text is. */
export class SlotView {
  /**
   * @param {Actions} actions
   * @param {string} id
   */
  constructor(actions, id) {
    this.actions = actions;
    this.id = id;
    /** @type {Slot | null} */
    this.slot = null;
    this.since = 0;
    this.lost = false;
    /** @type {number | null} the version that was asked for and has not come yet */
    this.asked = null;
    const changed = () => {
      this.tick(performance.now());
      actions.decoded();
    };
    this.sketch = new PictureView("nbkit-sketch", changed);
    this.picture = new PictureView("nbkit-picture", changed);
    this.prompt = make("span", "nbkit-prompt");
    this.prompt.dir = "auto";
    this.word = make("span", "nbkit-word", "In the queue");
    this.detail = make("span", "nbkit-detail");
    this.bar = make("progress", "nbkit-bar");
    this.bar.hidden = true;
    this.button = button("nbkit-button", "", () => {
      const name = this.slot?.status === "skipped" ? "generate" : "retry";
      actions.command(name, id, { button: this.button });
    });
    this.button.hidden = true;
    this.cover = make(
      "span",
      "nbkit-cover",
      this.prompt,
      make("span", "nbkit-status", this.word, this.detail),
      this.bar,
      this.button,
    );
    this.before = button(
      "nbkit-tool",
      "Former version",
      () => this.turn(-1),
      "left",
    );
    this.after = button(
      "nbkit-tool",
      "Next version",
      () => this.turn(1),
      "right",
    );
    this.count = make("span", "nbkit-count");
    this.versions = make(
      "span",
      "nbkit-versions",
      this.before,
      this.count,
      this.after,
    );
    this.versions.setAttribute("role", "group");
    this.versions.setAttribute("aria-label", "Versions");
    this.again = button("nbkit-tool", "Regenerate", () => {
      actions.command("regenerate", id, { button: this.again });
    }, "again");
    this.edit = button("nbkit-tool", "Edit prompt…", () => {
      if (!this.slot) return;
      this.el.dataset.editing = "";
      this.form.open(this.slot);
    }, "edit");
    this.tools = make(
      "span",
      "nbkit-tools",
      this.again,
      this.edit,
      this.versions,
    );
    this.tools.hidden = true;
    this.form = new PromptForm(
      (prompt, mode, form) =>
        actions.command("regenerate", id, {
          details: { prompt, mode },
          button: form.go,
          done: (error) => form.answered(error),
        }),
      () => {
        delete this.el.dataset.editing;
        this.edit.focus({ preventScroll: true });
      },
    );
    this.el = make("span", "nbkit-box");
    this.el.append(
      this.sketch.img,
      this.picture.img,
      this.cover,
      this.tools,
      this.form.el,
    );
    this.el.setAttribute("role", "group");
    this.el.dataset.state = "queued";
    const { img } = this.picture;
    img.tabIndex = 0;
    img.setAttribute("role", "button");
    img.setAttribute("aria-haspopup", "dialog");
    img.dataset.lmSuppressShortcuts = "true";
    img.addEventListener("click", (event) => actions.open(id, event));
    img.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      actions.open(id, event);
    });
  }

  /** @returns {boolean} whether somebody is at the form */
  get editing() {
    return !this.form.el.hidden;
  }

  /** The version that is shown, or soon will be. */
  get chosen() {
    return this.asked ?? this.slot?.chosen ?? 0;
  }

  /**
   * Show the version that is so many after this one.
   * @param {number} by
   */
  turn(by) {
    const to = this.chosen + by;
    if (!this.slot || this.lost || to < 0 || to >= this.slot.versions) return;
    this.asked = to;
    this.actions.command("choose", this.id, {
      details: { version: to },
      done: (error) => {
        if (!error) return;
        this.asked = null;
        this.show();
      },
    });
    this.show();
  }

  /** @param {boolean} lost whether the kernel is gone */
  connect(lost) {
    this.lost = lost;
    if (lost) this.asked = null;
    this.button.disabled = lost;
    this.tick(performance.now());
  }

  /**
   * @param {Slot} slot
   * @param {Buffers} buffers
   * @param {number} now in ms
   * @returns {boolean} false for a picture that should be here and is not
   */
  update(slot, buffers, now) {
    if (slot.chosen === this.asked || slot.versions !== this.slot?.versions) {
      this.asked = null;
    }
    this.slot = slot;
    this.since = now;
    this.el.title = slot.prompt;
    this.el.setAttribute("aria-label", `Image: ${slot.prompt}`);
    this.picture.img.alt = slot.prompt;
    say(this.prompt, slot.task_prompt ?? slot.prompt);
    this.el.toggleAttribute("data-edited", slot.task_prompt !== null);
    const size = slot.image ?? slot.preview ?? slot;
    if (size.width > 0 && size.height > 0) {
      this.el.style.setProperty(
        "--nbkit-ratio",
        `${size.width} / ${size.height}`,
      );
    }
    let whole = true;
    if (slot.image) {
      whole = this.picture.load(slot.image, buffers, slot.versions);
    }
    if (slot.preview) {
      whole = this.sketch.load(slot.preview, buffers, 1) && whole;
      const blur = 10 * (1 - (slot.fraction ?? 0.3));
      this.sketch.img.style.setProperty("--nbkit-blur", `${blur.toFixed(1)}px`);
    } else if (slot.status !== "succeeded" || slot.versions > 1) {
      this.sketch.clear();
    }
    if (slot.fraction) this.bar.value = slot.fraction;
    else this.bar.removeAttribute("value");
    this.tick(now);
    return whole;
  }

  /** @param {number} now in ms */
  tick(now) {
    if (!this.slot) return;
    const passed = (now - this.since) / 1000;
    const ended = ["succeeded", "failed", "cancelled", "skipped"].includes(
      this.slot.status,
    );
    const { word, detail, action } = this.lost && !ended
      ? { word: "Not finished", detail: "", action: "" }
      : slotText(this.slot, left(this.slot.remaining, passed));
    say(this.word, this.picture.broken ? "The picture cannot be shown" : word);
    say(this.detail, detail);
    say(this.button, action);
    this.button.hidden = !action;
    if (action) {
      this.button.setAttribute("aria-label", `${action}: ${this.slot.prompt}`);
    }
    this.show();
  }

  show() {
    if (!this.slot) return;
    const { status } = this.slot;
    const shown = this.picture.shown !== "";
    const done = status === "succeeded" && shown && !this.picture.broken;
    if (done) this.sketch.clear();
    this.el.dataset.state = status === "succeeded" && !done
      ? "loading"
      : status;
    this.el.toggleAttribute("data-picture", shown);
    this.picture.img.hidden = !shown;
    this.sketch.img.hidden = !this.sketch.shown;
    this.cover.hidden = done;
    this.bar.hidden = status !== "running" || this.lost;
    const tools = toolsOf(this.slot, this.chosen);
    this.tools.hidden = !tools.shown;
    this.versions.hidden = !tools.count;
    say(this.count, tools.count);
    enable(this.again, tools.make && !this.lost);
    enable(this.edit, tools.make && !this.lost);
    enable(this.before, tools.before && !this.lost);
    enable(this.after, tools.after && !this.lost);
  }

  dispose() {
    this.sketch.clear();
    this.picture.clear();
  }
}
