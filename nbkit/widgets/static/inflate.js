// @ts-check

/**
 * Raw DEFLATE (RFC 1951), unpacked at once. A page's own `DecompressionStream` takes its time, and
 * messages would overtake one another.
 */

const FAULT = "the packed data are damaged";
/** In which order the lengths of the code for lengths come. */
const ORDER = [
  16,
  17,
  18,
  0,
  8,
  7,
  9,
  6,
  10,
  5,
  11,
  4,
  12,
  3,
  13,
  2,
  14,
  1,
  15,
];
/** What each step of lengths, and of distances, begins with, and how many bits follow. */
const LENGTHS = steps(3, [
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
]);
const DISTANCES = steps(
  1,
  Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1)),
);
LENGTHS.push({ base: 258, bits: 0 });

/**
 * @param {number} base
 * @param {number[]} widths
 */
function steps(base, widths) {
  return widths.map((bits) => {
    const step = { base, bits };
    base += 1 << bits;
    return step;
  });
}

/**
 * A Huffman code as a table: each run of `width` bits gives its symbol, times 16, and how many of
 * the bits are that symbol's; 0 where no symbol begins so.
 * @typedef {{ width: number, entries: Uint16Array }} Code
 */

/**
 * @param {ArrayLike<number>} lengths of the symbols in bits, 0 for those that do not occur
 * @returns {Code}
 */
function codeOf(lengths) {
  const counts = new Uint16Array(17);
  let width = 1;
  for (let i = 0; i < lengths.length; i++) {
    if (lengths[i]) counts[lengths[i]]++;
    width = Math.max(width, lengths[i]);
  }
  const next = new Uint32Array(17);
  for (let i = 1; i <= width; i++) next[i + 1] = (next[i] + counts[i]) << 1;
  const entries = new Uint16Array(1 << width);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (!length) continue;
    let code = next[length]++;
    let turned = 0;
    for (let i = 0; i < length; i++, code >>= 1) {
      turned = turned << 1 | code & 1;
    }
    if (code) throw new Error(FAULT);
    for (let at = turned; at < entries.length; at += 1 << length) {
      entries[at] = symbol << 4 | length;
    }
  }
  return { width, entries };
}

/** The bits of the data, the lowest of each byte first. */
class Bits {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
    this.held = 0;
    this.count = 0;
  }

  /** @param {number} count at most 16 */
  take(count) {
    while (this.count < count) {
      if (this.at === this.data.length) throw new Error(FAULT);
      this.held |= this.data[this.at++] << this.count;
      this.count += 8;
    }
    const bits = this.held & (1 << count) - 1;
    this.held >>>= count;
    this.count -= count;
    return bits;
  }

  /** @param {Code} code */
  symbol({ width, entries }) {
    while (this.count < width && this.at < this.data.length) {
      this.held |= this.data[this.at++] << this.count;
      this.count += 8;
    }
    const entry = entries[this.held & (1 << width) - 1];
    const length = entry & 15;
    if (!length || length > this.count) throw new Error(FAULT);
    this.held >>>= length;
    this.count -= length;
    return entry >> 4;
  }

  /** @param {number} count bytes, from the next whole one on */
  bytes(count) {
    this.at -= this.count >> 3;
    this.held = this.count = 0;
    const end = this.at + count;
    if (end > this.data.length) throw new Error(FAULT);
    const bytes = this.data.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}

/** @returns {[Code, Code]} the codes that are known without a word */
function fixed() {
  const lengths = new Uint8Array(288).fill(8);
  lengths.fill(9, 144, 256).fill(7, 256, 280);
  return [codeOf(lengths), codeOf(new Uint8Array(30).fill(5))];
}

/**
 * @param {Bits} bits
 * @returns {[Code, Code]} those that stand before a block
 */
function written(bits) {
  const [literals, distances, count] = [
    bits.take(5) + 257,
    bits.take(5) + 1,
    bits.take(4) + 4,
  ];
  const own = new Uint8Array(19);
  for (let i = 0; i < count; i++) own[ORDER[i]] = bits.take(3);
  const code = codeOf(own);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length;) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    const again = symbol === 16 ? lengths[at - 1] : 0;
    const times = symbol === 16
      ? 3 + bits.take(2)
      : symbol === 17
      ? 3 + bits.take(3)
      : 11 + bits.take(7);
    if (symbol === 16 && !at || at + times > lengths.length) {
      throw new Error(FAULT);
    }
    lengths.fill(again, at, at += times);
  }
  return [
    codeOf(lengths.subarray(0, literals)),
    codeOf(lengths.subarray(literals)),
  ];
}

/**
 * @param {Uint8Array} data
 * @param {number} size of what comes out, in bytes
 * @returns {Uint8Array}
 */
export function inflate(data, size) {
  const bits = new Bits(data);
  const out = new Uint8Array(size);
  let at = 0;
  for (let last = 0; !last;) {
    last = bits.take(1);
    const kind = bits.take(2);
    if (kind === 3) throw new Error(FAULT);
    if (kind === 0) {
      const head = bits.bytes(4);
      const own = bits.bytes(head[0] | head[1] << 8);
      if (at + own.length > size) throw new Error(FAULT);
      out.set(own, at);
      at += own.length;
      continue;
    }
    const [literals, distances] = kind === 1 ? fixed() : written(bits);
    for (let symbol; (symbol = bits.symbol(literals)) !== 256;) {
      if (symbol < 256) {
        if (at === size) throw new Error(FAULT);
        out[at++] = symbol;
        continue;
      }
      const length = LENGTHS[symbol - 257];
      if (!length) throw new Error(FAULT);
      const end = at + length.base + bits.take(length.bits);
      const distance = DISTANCES[bits.symbol(distances)];
      if (!distance) throw new Error(FAULT);
      const back = distance.base + bits.take(distance.bits);
      if (back > at || end > size) throw new Error(FAULT);
      for (; at < end; at++) out[at] = out[at - back];
    }
  }
  if (at !== size) throw new Error(FAULT);
  return out;
}
