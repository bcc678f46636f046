// @ts-check

/**
 * A name for a picture's file: the words of its prompt.
 * @param {string} prompt
 * @param {string} type
 * @param {number} version 0 where there is but one
 */
export function fileName(prompt, type, version) {
  const words =
    prompt.normalize("NFC").toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  let name = "";
  for (const word of words) {
    const next = name ? `${name}-${word}` : word;
    if ([...next].length > 60) {
      name ||= [...word].slice(0, 60).join("");
      break;
    }
    name = next;
  }
  // Names that some systems have taken for devices.
  if (!name || /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name)) {
    name = name ? `image-${name}` : "image";
  }
  const ending = type.replace(/^image\//, "").replace("jpeg", "jpg");
  return `${name}${version ? `-${version}` : ""}.${ending}`;
}
