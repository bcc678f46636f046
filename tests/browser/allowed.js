// What may be in a page of nbkit's, stated here and taken from nowhere else. `watch.py` puts this
// before `watch.js`, into the function around both.

const words = (/** @type {string} */ text) => new Set(text.trim().split(/\s+/));

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
// Which way a user's words run, the page finds out; of the text the renderer says it.
const OURS_DIRECTION = /^auto$/;
const DIRECTION = /^(ltr|rtl)$/;
const RUNNING = words(
  "p div h1 h2 h3 h4 h5 h6 blockquote ul ol td th pre code",
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
  "table rules": /^rows$/,
  "table cellpadding": /^\d$/,
  "div align": /^(left|center|right)$/,
});

const safeStyle = (/** @type {string} */ value) =>
  !STYLE_NEVER.test(value) &&
  value.split(";").every((each) => !each.trim() || STYLE.test(each.trim()));

/** Whether the text may have an attribute, live or in a static copy. */
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
    // Which colour it is, a formula says as it likes; what is none is none.
    return MATH_ATTRIBUTES.has(name) &&
      (name === "mathcolor" || !/[:<>]|url/i.test(value));
  }
  if (name === "dir") return RUNNING.has(tag) && DIRECTION.test(value);
  if (name === "class") return live && CLASS.test(value);
  if (name === "style") return !live && safeStyle(value);
  return false;
};

/** Whether what is built around the text may have an attribute. */
const inOurs = (
  /** @type {string} */ tag,
  /** @type {string} */ name,
  /** @type {string} */ value,
) => {
  if (name === "class") return CLASS.test(value);
  if (name === "dir") return OURS_DIRECTION.test(value);
  if (name === "data-nbkit-slot") return /^image-\d+$/.test(value);
  if (name === "src" || name === "href") return /^blob:/.test(value);
  if (name === "style") {
    return value.split(";").every((one) =>
      !one.trim() || OURS_STYLE.test(one.trim())
    );
  }
  return OURS_ALL.has(name) || !!OURS[tag]?.has(name);
};

/**
 * What may not be of an element: itself, or attributes of it.
 * @param {Element} element
 * @param {Element} place where it stands, or stood
 * @param {boolean} live
 * @returns {string[]}
 */
// deno-lint-ignore no-unused-vars -- what runs in the page with it asks it
const wrong = (element, place, live) => {
  const found = [];
  const tag = element.localName;
  const story = element.closest(".nbkit-story") ??
    place.closest(".nbkit-story");
  const box = element.closest(".nbkit-box") ?? place.closest(".nbkit-box");
  const root = element === story;
  const ours = root || story === null || (live && box !== null);
  const still = !live && story !== null;
  const known = ours ? tag in OURS : TEXT.has(tag) || MATH.has(tag) ||
    (still && (tag === "img" || tag === "figure"));
  if (!known) found.push(`element: ${element.outerHTML}`);
  for (const { name, value } of element.attributes) {
    const fine = root && still
      ? name === "class"
        ? value === "nbkit-story mathjax_ignore tex2jax_ignore"
        : name === "style" && safeStyle(value)
      : ours
      ? inOurs(tag, name, value)
      : inText(tag, name, value, live);
    if (!fine) found.push(`attribute: ${tag} ${name}=${value}`);
  }
  return found;
};
