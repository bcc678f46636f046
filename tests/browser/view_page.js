// The host of one widget in a test: a model without a kernel, whose part the test plays.
const name = new URL(import.meta.url).search.slice(1);
const make = (await import(`/${name}.js`)).default;

const handlers = new Map();
const model = {
  on: (event, handler) => {
    if (!handlers.has(event)) handlers.set(event, new Set());
    handlers.get(event).add(handler);
  },
  off: (event, handler) => handlers.get(event)?.delete(handler),
  send: (content) => view.sent.push(content),
};

const bytes = (base64) =>
  new DataView(
    Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      .buffer,
  );

let controller = new AbortController();
const made = new Set();
const { createObjectURL, revokeObjectURL } = URL;
URL.createObjectURL = (blob) => {
  const url = createObjectURL.call(URL, blob);
  made.add(url);
  return url;
};
URL.revokeObjectURL = (url) => {
  made.delete(url);
  revokeObjectURL.call(URL, url);
};

const widget = make();
const view = {
  sent: [],
  /** How many addresses of pictures are held. */
  held: () => made.size,
  /** How many handlers are registered at the model. */
  handlers: () =>
    [...handlers.values()].reduce((sum, set) => sum + set.size, 0),
  fire: (event, ...values) => {
    for (const handler of [...(handlers.get(event) ?? [])]) handler(...values);
  },
  hear: (message, pictures) =>
    view.fire("msg:custom", message, pictures.map(bytes)),
  mount: () => {
    controller = new AbortController();
    const el = document.querySelector("#host");
    widget.render({ model, el, signal: controller.signal });
  },
  unmount: () => controller.abort(),
};
widget.initialize({ model });
globalThis.view = view;
document.documentElement.classList.add("view-is-there");
