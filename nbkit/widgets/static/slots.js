// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { address, button, enable, make, say } from "./dom.js";

/**
 * The place of one image: its picture, how it stands, and what can be done with it.
 *
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").CommandName} CommandName
 * @typedef {import("./messages.js").Details} Details
 * @typedef {import("./messages.js").Picture} Picture
 * @typedef {import("./messages.js").Slot} Slot
 *
 * @typedef {object} Actions what a slot asks of its view
 * @property {(name: CommandName, slot: string, more?: {
 *   details?: Details, button?: HTMLElement, done?: (error: string | null) => void }) => void} command
 * @property {(slot: string, event: Event) => void} open shows the picture in full
 * @property {() => void} decoded hears that a picture can be shown
 */

const FINAL = /^(succeeded|failed|cancelled)$/;

/**
 * The whole seconds left of `remaining`, which was true `passed` seconds ago.
 * @param {number | null} remaining
 * @param {number} passed
 * @returns {number | null}
 */
export function left(remaining, passed) {
  return remaining === null ? null : Math.max(0, Math.ceil(remaining - passed));
}

/**
 * What a slot says that is not done: a word, the rest of the line, and the button it offers.
 * @param {Slot} slot
 * @param {number | null} seconds left of its wait
 * @returns {{ word: string, detail: string, action: "" | "Retry" | "Generate" }}
 */
export function slotText(slot, seconds) {
  const wait = seconds === null ? "" : `${seconds} s`;
  const attempt = slot.max_attempts === null
    ? `attempt ${slot.attempt + 1}`
    : `attempt ${
      Math.min(slot.attempt + 1, slot.max_attempts)
    } of ${slot.max_attempts}`;
  const join = (/** @type {string[]} */ ...parts) =>
    parts.filter(Boolean).join(" · ");
  switch (slot.status) {
    case "queued":
      return { word: "In the queue", detail: "", action: "" };
    case "waiting":
      return { word: "Waiting", detail: join(slot.reason, wait), action: "" };
    case "running": {
      const step = slot.step !== null && slot.steps !== null
        ? `step ${slot.step} of ${slot.steps}`
        : "";
      const again = slot.attempt > 1 && slot.max_attempts !== null
        ? `attempt ${slot.attempt} of ${slot.max_attempts}`
        : "";
      return { word: "Generating", detail: join(step, again), action: "" };
    }
    case "retrying":
      return {
        word: "Trying again",
        detail: join(attempt, wait && `in ${wait}`, slot.reason),
        action: "",
      };
    case "failed":
      return {
        word: slot.image ? "New version failed" : "Failed",
        detail: slot.error ?? "",
        action: "Retry",
      };
    case "cancelled":
      return {
        word: slot.image ? "New version cancelled" : "Cancelled",
        detail: slot.reason,
        action: "",
      };
    case "skipped":
      return {
        word: "Not generated",
        detail: slot.reason || "past the limit of images",
        action: "Generate",
      };
    default:
      return { word: "Loading", detail: "", action: "" };
  }
}

/**
 * What may be done with a slot from its own controls.
 * @param {Slot} slot
 * @param {number} chosen the version that is shown, or soon will be
 */
export function toolsOf(slot, chosen) {
  const final = FINAL.test(slot.status);
  return {
    shown: final || slot.versions > 0,
    make: final,
    count: slot.versions > 1 ? `${chosen + 1}/${slot.versions}` : "",
    before: chosen > 0,
    after: chosen < slot.versions - 1,
  };
}

/**
 * The prompt that a new version begins with: what has failed is what is to be mended.
 * @param {Slot} slot
 */
export function promptToEdit(slot) {
  return slot.status === "failed" || slot.status === "cancelled"
    ? slot.task_prompt ?? slot.prompt
    : slot.prompt;
}

/** One `<img>`: each picture is decoded before it is shown, and its address let go afterwards. */
class PictureView {
  /**
   * @param {string} className
   * @param {() => void} changed
   */
  constructor(className, changed) {
    this.changed = changed;
    this.img = make("img", className);
    this.img.alt = "";
    this.img.hidden = true;
    /** @type {Map<number, string>} the addresses of pictures that may be shown again */
    this.urls = new Map();
    this.version = 0;
    this.shown = "";
    this.broken = false;
  }

  /**
   * @param {Picture} picture
   * @param {Buffers} buffers
   * @param {number} keep how many pictures may be shown again
   * @returns {boolean} false for a picture that should be here and is not
   */
  load(picture, buffers, keep) {
    const { version } = picture;
    if (version === this.version) return true;
    let url = this.urls.get(version);
    if (url === undefined) {
      if (picture.buffer === null) return false;
      url = address(buffers[picture.buffer], picture.type);
      this.urls.set(version, url);
    }
    this.version = version;
    const loading = new Image();
    loading.src = url;
    loading.decode().then(() => true, () => false).then((good) => {
      if (this.version !== version || this.urls.get(version) !== url) return;
      this.broken = !good;
      if (good) this.img.src = this.shown = url;
      else this.drop((other) => other === version);
      if (good && this.urls.size > keep) {
        this.drop((other) => other !== version);
      }
      this.changed();
    });
    return true;
  }

  /** @param {(version: number) => boolean} which */
  drop(which) {
    for (const [version, url] of this.urls) {
      if (!which(version)) continue;
      URL.revokeObjectURL(url);
      this.urls.delete(version);
    }
  }

  clear() {
    this.drop(() => true);
    this.img.removeAttribute("src");
    this.shown = "";
    this.version = 0;
  }
}

/** The small form in which a prompt is edited. Nothing that arrives meanwhile touches its text. */
class PromptForm {
  /**
   * @param {(prompt: string, mode: "append" | "replace", form: PromptForm) => void} submit
   * @param {() => void} closed
   */
  constructor(submit, closed) {
    this.closed = closed;
    this.begun = "";
    this.text = make("textarea", "nbkit-edit");
    this.text.setAttribute("aria-label", "Prompt");
    this.text.spellcheck = false;
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
    this.button.disabled = lost;
    this.show();
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
    const { word, detail, action } = slotText(
      this.slot,
      left(this.slot.remaining, passed),
    );
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
    this.bar.hidden = status !== "running";
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
