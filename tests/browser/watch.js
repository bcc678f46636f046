// Put into a page while it is blank, this sees what a hostile text does to it: what runs, and every
// element and attribute that is ever there, however short, and may not be.
//
// `watch.py` puts `allowed.js` before it and a function around both, which runs in every frame.

const deeds = /** @type {string[]} */ ([]);
const tell = (/** @type {string} */ deed) => {
  if (deeds.length < 2000) deeds.push(deed.slice(0, 300));
};
const note = (/** @type {string} */ what, /** @type {unknown} */ more) =>
  tell(`${what}: ${more}`);

const watch = {
  deeds,
  kind: "live",
  /** A selector for where to look. */
  within: "",
  globals: new Set(Object.getOwnPropertyNames(globalThis)),
  page: "",
  counted: 0,

  /** Look at what is below a selector, from now on; `own` are globals of the page's own scripts. */
  begin(
    /** @type {string} */ kind,
    /** @type {string} */ within,
    /** @type {string[]} */ own,
  ) {
    this.kind = kind;
    this.within = within;
    for (const name of own) this.globals.add(name);
    this.page = this.state();
    new MutationObserver((records) => this.changed(records)).observe(
      document,
      {
        subtree: true,
        childList: true,
        attributes: true,
      },
    );
    this.all();
  },

  state() {
    return JSON.stringify([
      location.href,
      document.title,
      document.cookie,
      history.length,
      localStorage.length,
      sessionStorage.length,
      document.designMode,
      globalThis.name,
      document.body.attributes.length,
      document.documentElement.attributes.length,
    ]);
  },

  /** Whether it is, or was when it was changed, below where to look. */
  concerns(/** @type {Node} */ node) {
    return node instanceof Element && !!node.closest(this.within);
  },

  changed(/** @type {MutationRecord[]} */ records) {
    for (const { target, addedNodes } of records) {
      const place = /** @type {Element} */ (target);
      if (this.concerns(place)) this.check(place, place);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        // It may be gone again already; then it is seen from where it was.
        if (this.concerns(place) || this.concerns(node)) this.tree(node, place);
        else if (place === document.head || place === document.body) {
          note("page", node.outerHTML);
        }
      }
    }
  },

  check(/** @type {Element} */ element, /** @type {Element} */ place) {
    this.counted += 1;
    wrong(element, place, this.kind === "live").forEach(tell);
  },

  tree(/** @type {Element} */ node, /** @type {Element} */ place) {
    this.check(node, place);
    for (const inner of node.querySelectorAll("*")) this.check(inner, place);
  },

  all() {
    for (const root of document.querySelectorAll(this.within)) {
      this.tree(root, root);
    }
  },

  /** Look at all that is there now; gives what has been done. */
  end() {
    this.all();
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      if (!this.globals.has(name)) note("global", name);
    }
    if (this.state() !== this.page) {
      note("state", `${this.state()} was ${this.page}`);
    }
    return deeds;
  },

  /** Do with everything what a reader may do, but for following links. */
  poke() {
    for (
      const element of document.querySelectorAll(`:is(${this.within}) *`)
    ) {
      if (!element.isConnected || element.closest("a")) continue;
      for (
        const type of [
          "pointerenter",
          "mouseover",
          "mousemove",
          "focusin",
          "focus",
          "mousedown",
          "mouseup",
          "click",
          "dblclick",
          "keydown",
          "wheel",
          "toggle",
          "animationend",
          "beforetoggle",
        ]
      ) {
        element.dispatchEvent(
          new Event(type, { bubbles: true, cancelable: true }),
        );
      }
    }
  },
};

for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  // @ts-ignore: any of them, called by anybody, is what is looked for
  globalThis[name] = (...given) => note(name, given);
}
document.addEventListener(
  "securitypolicyviolation",
  (event) =>
    note(
      "policy",
      `${event.violatedDirective} ${event.blockedURI} ${event.sample}`,
    ),
);
addEventListener(
  "error",
  (event) => note("error", event.message ?? event.target),
  true,
);
addEventListener(
  "unhandledrejection",
  (event) => note("rejection", event.reason),
);
addEventListener("message", (event) => note("message", event.origin));
// @ts-ignore: how a test finds it
globalThis.nbkitWatch = watch;
watch.globals.add("nbkitWatch");
