// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { make, say } from "./dom.js";
import { taskText } from "./row_text.js";

/** @typedef {import("./row_messages.js").Task} Task */

/** One listed task. */
export class TaskView {
  constructor() {
    /** @type {Task | null} */
    this.task = null;
    this.since = 0;
    this.place = make("span", "nbkit-thumb");
    this.prompt = make("span", "nbkit-task-prompt");
    this.prompt.dir = "auto";
    this.text = make("span", "nbkit-task-text");
    this.el = make(
      "li",
      "nbkit-task-row",
      this.place,
      make("span", "nbkit-task-lines", this.prompt, this.text),
    );
  }

  /**
   * @param {Task} task
   * @param {number} now in ms
   */
  update(task, now) {
    this.task = task;
    this.since = now;
    this.el.dataset.state = task.status;
    say(this.prompt, task.prompt || task.id);
    this.prompt.title = task.prompt;
    this.tick(now);
  }

  /**
   * @param {number} now in ms
   * @param {boolean} [lost] whether the kernel is gone
   */
  tick(now, lost = false) {
    if (!this.task) return;
    const ended = ["succeeded", "failed", "cancelled"].includes(
      this.task.status,
    );
    const text = lost && !ended
      ? "not finished"
      : taskText(this.task, (now - this.since) / 1000);
    say(this.text, text);
    this.text.title = text;
  }
}
