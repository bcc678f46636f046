// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { Attention } from "./attention.js";
import { Blocks } from "./blocks.js";
import { say } from "./dom.js";
import { Follower } from "./follower.js";
import { layout } from "./furniture.js";
import { focusedIn, handBackKeys, keepFocus, leave } from "./keys.js";
import { Lightbox } from "./lightbox.js";
import { Link } from "./link.js";
import { placesIn, slotAt } from "./markup.js";
import { Reveal } from "./reveal.js";
import { SlotView } from "./slots.js";
import { announcement, clock, countsOf, stateOf, usable } from "./status.js";
import { Voice } from "./voice.js";

/**
 * @typedef {import("./link.js").Done} Done
 * @typedef {import("./link.js").Model} Model
 * @typedef {import("./link.js").Pending} Pending
 * @typedef {import("./messages.js").Answer} Answer
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").Frame} Frame
 * @typedef {import("./messages.js").Header} Header
 * @typedef {import("./messages.js").Snapshot} Snapshot
 */

/** One mounted view. */
export class View {
  /**
   * @param {Model} model
   * @param {HTMLElement} el
   * @param {AbortSignal} signal
   * @param {[Frame, Buffers][]} frames that came before
   */
  constructor(model, el, signal, frames) {
    this.signal = signal;
    /** @type {Header | null} */
    this.header = null;
    this.headerAt = 0;
    /** @type {Map<string, SlotView>} */
    this.slots = new Map();
    /** @type {Lightbox | null} */
    this.lightbox = null;
    this.clicked = false;
    this.link = new Link(model, el, signal, {
      show: (message, buffers, all) => this.show(message, buffers, all),
      answered: (answer, pending, buffers) =>
        this.answered(answer, pending, buffers),
      changed: () => this.paint(),
    });
    this.ui = layout((name, button) =>
      this.link.command(name, null, { button })
    );
    el.append(this.ui.root);
    this.voice = new Voice(this.ui.live, signal);
    this.reveal = new Reveal(signal, () => {
      this.paintTime();
      this.end.follow();
    });
    this.blocks = new Blocks(
      this.ui.story,
      (place, id) => {
        const slot = this.slot(id).el;
        if (place.firstChild !== slot) place.replaceChildren(slot);
      },
      this.reveal,
    );
    handBackKeys(this.ui.root, signal);
    this.end = new Follower(
      this.ui.scroll,
      this.ui.story,
      this.ui.toEnd,
      signal,
    );
    this.attention = new Attention(this.ui.root, signal, {
      ended: () => this.ended(),
      inUse: () => this.inUse(),
      tell: (kind) => this.link.send({ kind, view: this.link.id }),
    });
    const ticking = setInterval(() => this.tick(), 250);
    signal.addEventListener("abort", () => {
      clearInterval(ticking);
      for (const slot of this.slots.values()) slot.dispose();
      this.ui.root.remove();
    });
    this.paint();
    this.link.begin(frames);
  }

  ended() {
    return this.link.connection === "live" && this.header !== null &&
      this.header.status !== "running";
  }

  /** Whether somebody edits a prompt or looks at a picture: a static copy would take it away. */
  inUse() {
    return !!this.lightbox?.open ||
      [...this.slots.values()].some((slot) => slot.editing);
  }

  // -- what comes

  /**
   * @param {Frame | Snapshot} message
   * @param {Buffers} buffers
   * @param {boolean} all
   * @returns {boolean} whether all pictures are here that should be
   */
  show(message, buffers, all) {
    const now = performance.now();
    const before = this.header;
    const header = message.header ?? before;
    if (header === null) return true;
    const told = message.header !== null || message.slots.length > 0 ||
      this.link.connection !== "live";
    this.link.connection = "live";
    if (message.header) {
      this.header = message.header;
      this.headerAt = now;
    }
    const focused = focusedIn(this.ui.root);
    let complete = true;
    for (const slot of message.slots) {
      complete = this.slot(slot.id).update(slot, buffers, now) && complete;
    }
    if (message.ops) this.blocks.apply(message.ops, all);
    const arriving = header.writing && this.blocks.byKey.size > 0;
    this.ui.root.classList.toggle("nbkit-arriving", arriving);
    if (this.link.fresh) {
      // Who opens a finished reply wants to read it from its beginning.
      this.end.following = header.status === "running";
    } else {
      this.voice.speak(announcement(before, header));
    }
    if (header.status === "running") this.attention.again();
    else if (before?.status === "running") this.attention.touch();
    if (told) this.paint();
    this.keepFocus(focused);
    // Last: it is followed by what lays the page out.
    this.reveal.play(!all);
    this.attention.hidden();
    return complete;
  }

  /**
   * @param {Answer} answer
   * @param {Pending | undefined} pending
   * @param {Buffers} buffers
   */
  answered({ error, picture }, pending, buffers) {
    const focused = focusedIn(this.ui.root);
    pending?.done?.(error, picture, buffers);
    this.keepFocus(focused);
    if (pending?.quiet) return;
    say(this.ui.note, error ?? "");
    if (error) this.voice.speak(error);
  }

  // -- images

  /** @param {string} id */
  slot(id) {
    let slot = this.slots.get(id);
    if (!slot) {
      slot = new SlotView({
        command: (name, which, more) => this.link.command(name, which, more),
        open: (which, event) => this.open(which, event),
        decoded: () => this.lightbox?.update(),
      }, id);
      this.slots.set(id, slot);
    }
    return slot;
  }

  /** @returns {SlotView[]} those that have a picture, in text order */
  pictures() {
    return placesIn(this.ui.story)
      .map((place) => this.slots.get(slotAt(place) ?? ""))
      .filter((slot) => slot !== undefined)
      .filter((slot) => slot.picture.shown !== "");
  }

  /**
   * Show a picture in full.
   * @param {string} id
   * @param {Event} event
   */
  open(id, event) {
    this.lightbox ??= new Lightbox(
      {
        slots: () => this.pictures(),
        original: (slot, version, done) =>
          this.link.command("original", slot, {
            details: { version },
            quiet: true,
            done,
          }),
        lost: () => this.link.connection === "lost",
        closed: () => {
          this.attention.touch();
          if (this.clicked) leave(this.ui.root);
          this.attention.hidden();
        },
      },
      this.ui.root,
      this.signal,
    );
    this.clicked = event instanceof MouseEvent && event.detail > 0;
    this.lightbox.show(this.slot(id));
  }

  // -- to the eye

  paint() {
    const { connection } = this.link;
    const { state, word } = stateOf(this.header, connection);
    this.ui.root.dataset.state = state;
    say(this.ui.word, word);
    const counts = this.header
      ? countsOf(this.header)
      : { images: "", failed: "", paused: "" };
    say(this.ui.images, counts.images);
    say(this.ui.failed, counts.failed);
    say(this.ui.paused, counts.paused);
    const error = this.header?.error ?? "";
    say(this.ui.error, error);
    this.ui.error.hidden = !error;
    const remark = this.header?.remark ?? "";
    say(this.ui.remark, remark);
    this.ui.remark.hidden = !remark;
    const slots = [...this.slots.values()];
    const failed = slots.some(({ slot }) => slot?.status === "failed");
    const can = usable(this.header, connection, failed);
    const focused = focusedIn(this.ui.root);
    this.ui.stop.disabled = !can.stop;
    this.ui.pause.disabled = !can.pause;
    this.ui.retry.disabled = !can.retry;
    const resume = can.pause && this.header?.paused;
    say(this.ui.pause, resume ? "Resume" : "Pause");
    this.ui.pause.dataset.name = resume ? "resume" : "pause";
    const lost = connection === "lost";
    if (lost) say(this.ui.note, "");
    for (const slot of slots) {
      if (slot.lost !== lost) slot.connect(lost);
    }
    this.keepFocus(focused);
    this.lightbox?.update();
    this.paintTime();
    this.end.paint(this.header?.status === "running");
  }

  /** @param {HTMLElement | null} focused */
  keepFocus(focused) {
    keepFocus(focused, this.ui.root, this.ui.scroll);
  }

  paintTime() {
    if (!this.header) return;
    const running = this.header.status === "running" &&
      this.link.connection === "live";
    const passed = running ? (performance.now() - this.headerAt) / 1000 : 0;
    say(this.ui.time, clock(this.header.elapsed + passed));
  }

  tick() {
    const now = performance.now();
    this.link.tick(now);
    if (!this.ui.note.textContent && this.link.late(now)) {
      say(this.ui.note, "The kernel is busy: it will act when it is free");
    }
    if (document.hidden) return;
    this.blocks.groups.settle();
    // Text that is being shown brings the time along: it costs no frame of its own.
    if (!this.reveal.busy) this.paintTime();
    if (this.link.connection === "live") {
      for (const slot of this.slots.values()) {
        if (slot.slot?.remaining != null) slot.tick(now);
      }
    }
    this.attention.tick(now);
  }
}
