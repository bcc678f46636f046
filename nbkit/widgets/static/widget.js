// @ts-check
/// <reference lib="dom" />

/**
 * @template Said what a view says to the kernel
 * @typedef {object} Model what a host gives to anywidget's `render`
 * @property {(content: Said) => void} send
 * @property {(event: string, handler: (...args: any[]) => void) => void} on
 * @property {(event: string, handler: (...args: any[]) => void) => void} off
 */

/**
 * What a page makes a widget's model and its views of. A log hears the model from the first message
 * on: a view that is shown later begins with what it has kept.
 *
 * @template Said
 * @template {{ add: (message: any, buffers?: any) => void }} Kept
 * @param {new () => Kept} Log
 * @param {(model: Model<Said>, host: HTMLElement, signal: AbortSignal, log: Kept) => void} show
 */
export function widget(Log, show) {
  return () => {
    const log = new Log();
    return {
      /** @param {{ model: Model<Said>, signal?: AbortSignal }} context */
      initialize({ model, signal }) {
        const add = log.add.bind(log);
        model.on("msg:custom", add);
        signal?.addEventListener("abort", () => model.off("msg:custom", add));
        return () => model.off("msg:custom", add);
      },

      /** @param {{ model: Model<Said>, el: HTMLElement, signal?: AbortSignal }} context */
      render({ model, el, signal }) {
        // Older hosts pass no signal and call what is returned instead.
        const own = new AbortController();
        signal?.addEventListener("abort", () => own.abort(), { once: true });
        show(model, el, own.signal, log);
        return () => own.abort();
      },
    };
  };
}
