// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { Log } from "./frame_log.js";
import { View } from "./view.js";

/**
 * The view of a streamed reply. The kernel sends sanitised blocks of HTML and the states of the image
 * slots in them; these modules put both in place, keep the end in view, and send clicks back.
 *
 * @typedef {import("./link.js").Model} Model
 */

export default () => {
  const log = new Log();
  return {
    /** @param {{ model: Model, signal?: AbortSignal }} context */
    initialize({ model, signal }) {
      const add = log.add.bind(log);
      model.on("msg:custom", add);
      signal?.addEventListener("abort", () => model.off("msg:custom", add));
      return () => model.off("msg:custom", add);
    },

    /** @param {{ model: Model, el: HTMLElement, signal?: AbortSignal }} context */
    render({ model, el, signal }) {
      // Older hosts pass no signal and call what is returned instead.
      const own = new AbortController();
      signal?.addEventListener("abort", () => own.abort(), { once: true });
      new View(model, el, own.signal, log.frames ?? []);
      return () => own.abort();
    },
  };
};
