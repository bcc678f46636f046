// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { Log } from "./frame_log.js";
import { View } from "./view.js";
import { widget } from "./widget.js";

/**
 * The view of a streamed reply. The kernel sends sanitised blocks of HTML and the states of the image
 * slots in them; these modules put both in place, keep the end in view, and send clicks back.
 *
 * @typedef {import("./link.js").Model} Model
 */

export default widget(Log, (/** @type {Model} */ model, host, signal, log) => {
  new View(model, host, signal, log.frames ?? []);
});
