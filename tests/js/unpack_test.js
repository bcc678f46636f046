// @ts-check
// Packed messages: the page's own reading of DEFLATE beside that of zlib.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { inflate } from "../../nbkit/widgets/static/inflate.js";
import { unpack } from "../../nbkit/widgets/static/unpack.js";

const WORDS = 'the light of a lamp falls on <p>stone</p> and ünder 光 \\n"'
  .split(" ");

/** @param {number} seed */
function chance(seed) {
  seed = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return (/** @type {number} */ below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
}

/** @param {number} seed */
function sample(seed) {
  const pick = chance(seed);
  const size = [0, 1, 30, 3_000, 70_000, 300_000][pick(6)];
  if (pick(4) === 0) {
    return Buffer.from(
      Array.from({ length: Math.min(size, 70_000) }, () => pick(256)),
    );
  }
  let text = "";
  while (text.length < size) {
    text += WORDS[pick(pick(WORDS.length) + 1)] + " ".repeat(pick(3));
  }
  return Buffer.from(text);
}

Deno.test("what zlib packs, at any level and by any strategy, is unpacked to the byte", () => {
  const { Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED } = zlib.constants;
  for (let seed = 0; seed < 60; seed++) {
    const plain = sample(seed);
    const strategy =
      [Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED][seed % 4];
    const packed = zlib.deflateRawSync(plain, { level: seed % 10, strategy });
    assert.ok(
      Buffer.from(inflate(packed, plain.length)).equals(plain),
      `seed ${seed}`,
    );
  }
});

Deno.test("what is cut short, damaged or of another size is refused", () => {
  const plain = sample(3);
  const packed = zlib.deflateRawSync(plain);
  const fault = /the packed data are damaged/;
  for (const end of [0, 1, 2, packed.length >> 1, packed.length - 1]) {
    assert.throws(
      () => inflate(packed.subarray(0, end), plain.length),
      fault,
      `cut at ${end}`,
    );
  }
  assert.throws(() => inflate(packed, plain.length - 1), fault);
  assert.throws(() => inflate(packed, plain.length + 1), fault);
  assert.throws(() => inflate(Uint8Array.of(7), 9), fault);
});

Deno.test("no damage makes it write outside of its room or go on for ever", () => {
  const pick = chance(5);
  const plain = sample(9);
  const packed = zlib.deflateRawSync(plain);
  for (let i = 0; i < 300; i++) {
    const hurt = Uint8Array.from(packed);
    for (let n = 0; n <= pick(3); n++) hurt[pick(hurt.length)] = pick(256);
    try {
      assert.equal(inflate(hurt, plain.length).length, plain.length);
    } catch (error) {
      assert.match(String(error), /damaged/);
    }
  }
});

Deno.test("a packed message has all that belongs to it, and any other is left as it is", () => {
  const inside = {
    ops: [{ op: "put", key: 0, html: "<p>ü 光</p>" }],
    header: null,
  };
  const json = Buffer.from(JSON.stringify(inside));
  const data = zlib.deflateRawSync(json);
  const frame = { kind: "frame", seq: 3, packed: json.length };
  const room = new Uint8Array(data.length + 5);
  room.set(data, 5);
  const first = new DataView(new ArrayBuffer(2));
  for (
    const buffer of [data, new DataView(room.buffer, 5), room.slice(5).buffer]
  ) {
    assert.deepEqual(unpack(frame, [first, buffer]), { ...frame, ...inside });
  }
  const plain = { kind: "frame", seq: 4, ops: [] };
  assert.equal(unpack(plain, []), plain);
});
