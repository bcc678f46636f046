// Put into a page while it is blank, this sees what a hostile text does to it: what runs, and every
// element and attribute that is ever there, however short, that nobody has allowed. What may be there
// is said here and taken from nowhere else.
//
// It is a classic script that runs in every frame; a test reads `nbkitWatch.deeds`.
(() => {
  const words = (/** @type {string} */ text) =>
    new Set(text.trim().split(/\s+/));

  const TEXT = words(
    `p div span br hr h1 h2 h3 h4 h5 h6 blockquote ul ol li table thead tbody tr th td
    pre code em strong del a input`,
  );
  const MATH = words(
    `math semantics annotation-xml mrow mi mn mo ms mtext mspace msup msub msubsup mover
    munder munderover mmultiscripts mprescripts none mfrac msqrt mroot mstyle mtable mtr mtd mlabeledtr
    mpadded mphantom menclose mfenced`,
  );
  const MATH_ATTRIBUTES = words(
    `accent accentunder bevelled close columnalign columnlines columnspacing
    depth display displaystyle fence form frame height largeop linebreak linethickness lspace mathcolor
    mathsize mathvariant maxsize minlabelspacing minsize movablelimits notation open rowalign rowlines
    rowspacing rspace scriptlevel separator separators side stretchy symmetric voffset width`,
  );
  // What the scripts of the widgets build around the text, and what each may have beside the rest.
  const OURS = /** @type {Record<string, Set<string>>} */ ({
    section: words(""),
    div: words(""),
    p: words(""),
    ul: words(""),
    li: words(""),
    label: words(""),
    form: words(""),
    span: words("style data-nbkit-slot"),
    button: words("type disabled"),
    svg: words("viewBox"),
    path: words("d"),
    img: words("alt src style draggable"),
    progress: words("value max"),
    textarea: words("spellcheck maxlength"),
    input: words("type name value checked"),
    dialog: words("open"),
    a: words("href download"),
  });
  const OURS_ALL = words(
    `class title role tabindex hidden aria-label aria-hidden aria-haspopup aria-disabled
    aria-expanded aria-busy data-state data-name data-editing data-edited data-picture data-row data-count
    data-zoomed data-original data-lm-suppress-shortcuts`,
  );
  const OURS_STYLE =
    /^(--nbkit-(ratio|blur)|width|height|transform): [\w .,%()/-]+$/;

  const LINK = /^(https?:\/\/|mailto:)/i;
  const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,[\w+/=]*$/;
  const CLASS = /^(nbkit-[a-z0-9-]+( |$))*$/;
  const STYLE = /^[a-z-]+:[\w .,%#()+-]+$/;
  const STYLE_NEVER =
    /url|image|position|expression|behavior|content|attr\(|var\(|-moz-binding/i;
  const REL = "noopener noreferrer nofollow";
  const FIXED = /** @type {Record<string, RegExp>} */ ({
    "a target": /^_blank$/,
    "a rel": new RegExp(`^${REL}$`),
    "a href": LINK,
    "a title": /^/,
    "ol start": /^\d{1,9}$/,
    "input type": /^checkbox$/,
    "input disabled": /^$/,
    "input checked": /^$/,
    "annotation-xml encoding": /^text\/html$/,
  });
  const LIVE = /** @type {Record<string, RegExp>} */ ({
    "span data-nbkit-slot": /^image-\d+$/,
  });
  const STATIC = /** @type {Record<string, RegExp>} */ ({
    "img src": PICTURE,
    "img alt": /^/,
    "img width": /^\d+$/,
    "img height": /^\d+$/,
  });

  const safeStyle = (/** @type {string} */ value) =>
    !STYLE_NEVER.test(value) &&
    value.split(";").every((each) => !each.trim() || STYLE.test(each.trim()));

  /** What is wrong with an attribute of the text, live or in a static copy. */
  const inText = (
    /** @type {string} */ tag,
    /** @type {string} */ name,
    /** @type {string} */ value,
    /** @type {boolean} */ live,
  ) => {
    const fixed = FIXED[`${tag} ${name}`] ??
      (live ? LIVE : STATIC)[`${tag} ${name}`];
    if (fixed) return fixed.test(value);
    if (MATH.has(tag)) {
      if (name === "style" && !live) {
        return tag === "math" && value === "font-size:1rem";
      }
      return MATH_ATTRIBUTES.has(name) &&
        (name === "mathcolor" || !/[:<>]|url/i.test(value));
    }
    if (name === "class") return live && CLASS.test(value);
    if (name === "style") return !live && safeStyle(value);
    return false;
  };

  const inOurs = (
    /** @type {string} */ tag,
    /** @type {string} */ name,
    /** @type {string} */ value,
  ) => {
    if (name === "class") return CLASS.test(value);
    if (name === "data-nbkit-slot") return /^image-\d+$/.test(value);
    if (name === "src" || name === "href") return /^blob:/.test(value);
    if (name === "style") {
      return value.split(";").every((one) =>
        !one.trim() || OURS_STYLE.test(one.trim())
      );
    }
    return OURS_ALL.has(name) || !!OURS[tag]?.has(name);
  };

  const deeds = /** @type {string[]} */ ([]);
  const note = (/** @type {string} */ what, /** @type {unknown} */ more) => {
    if (deeds.length < 2000) {
      deeds.push(`${what}: ${String(more).slice(0, 300)}`);
    }
  };

  /** @param {Element} element */
  const check = (element) => {
    if (element.closest("[data-watch=off]")) return;
    const tag = element.localName;
    const story = element.closest(".nbkit-story");
    const box = element.closest(".nbkit-box");
    const still = story !== null && watch.kind === "static";
    const ours = still
      ? element === story
      : story === null || story === element || box !== null;
    const known = ours ? tag in OURS : TEXT.has(tag) || MATH.has(tag) ||
      (still && (tag === "img" || tag === "figure"));
    if (!known) note("element", element.outerHTML);
    for (const { name, value } of element.attributes) {
      const fine = still && ours
        ? (name === "class" &&
          /^nbkit-story mathjax_ignore tex2jax_ignore$/.test(value)) ||
          (name === "style" && safeStyle(value))
        : ours
        ? inOurs(tag, name, value)
        : inText(tag, name, value, !still);
      if (!fine) note("attribute", `${tag} ${name}=${value}`);
    }
  };

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

    concerns(/** @type {Node} */ node) {
      return node instanceof Element && !!node.closest(this.within);
    },

    changed(/** @type {MutationRecord[]} */ records) {
      for (const { target, addedNodes } of records) {
        if (this.concerns(target)) check(/** @type {Element} */ (target));
        else if (
          target.parentNode === document.documentElement ||
          target === document.documentElement
        ) {
          for (const node of addedNodes) {
            if (!this.concerns(node)) {
              note(
                "page",
                /** @type {Element} */ (node).outerHTML ?? node.nodeValue,
              );
            }
          }
        }
        for (const node of addedNodes) {
          if (!this.concerns(node)) continue;
          this.tree(/** @type {Element} */ (node));
        }
      }
    },

    tree(/** @type {Element} */ node) {
      this.counted += 1;
      check(node);
      for (const inner of node.querySelectorAll("*")) {
        this.counted += 1;
        check(inner);
      }
    },

    all() {
      for (const root of document.querySelectorAll(this.within)) {
        this.tree(root);
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
})();
