// @ts-check
import assert from "node:assert/strict";
import { fileName } from "../../nbkit/widgets/static/file_name.js";
import { fitted, kept, zoomed } from "../../nbkit/widgets/static/zoom.js";

const STAGE = { width: 1000, height: 600 };

Deno.test("the point under the pointer stays there while the picture is zoomed", () => {
  const at = { x: 120, y: -40 };
  let zoom = { scale: 1, x: 0, y: 0 };
  /** What of the picture is under the pointer, from its middle, as it fits. */
  const under =
    () => [(at.x - zoom.x) / zoom.scale, (at.y - zoom.y) / zoom.scale];
  const before = under();
  for (const factor of [1.25, 3, 0.7]) zoom = zoomed(zoom, factor, at);
  assert.ok(Math.abs(zoom.scale - 2.625) < 1e-9);
  under().forEach((n, i) => assert.ok(Math.abs(n - before[i]) < 1e-9));
});

Deno.test("a picture is never smaller than it fits, nor larger than eight times that", () => {
  const fit = { scale: 1, x: 0, y: 0 };
  assert.equal(zoomed(fit, 0.1, { x: 0, y: 0 }).scale, 1);
  assert.equal(zoomed(fit, 100, { x: 0, y: 0 }).scale, 8);
});

Deno.test("a picture cannot be dragged off the stage", () => {
  const picture = { width: 600, height: 600 };
  assert.deepEqual(kept({ scale: 1, x: 90, y: -90 }, picture, STAGE), {
    scale: 1,
    x: 0,
    y: 0,
  });
  assert.deepEqual(kept({ scale: 2, x: 900, y: -900 }, picture, STAGE), {
    scale: 2,
    x: 100,
    y: -300,
  });
  assert.deepEqual(kept({ scale: 2, x: 30, y: 40 }, picture, STAGE), {
    scale: 2,
    x: 30,
    y: 40,
  });
});

Deno.test("a picture fills the stage, and a small one is not blown up", () => {
  assert.deepEqual(fitted({ width: 768, height: 768 }, STAGE), {
    width: 600,
    height: 600,
  });
  assert.deepEqual(fitted({ width: 768, height: 192 }, STAGE), {
    width: 1000,
    height: 250,
  });
  assert.deepEqual(fitted({ width: 64, height: 32 }, STAGE), {
    width: 96,
    height: 48,
  });
  assert.deepEqual(fitted({ width: 0, height: 0 }, STAGE), STAGE);
});

Deno.test("a file is named after the words of its prompt", () => {
  /** @type {[string, string, number, string][]} */
  const cases = [
    ["A red fox, asleep!", "image/png", 0, "a-red-fox-asleep.png"],
    ["A red fox", "image/jpeg", 2, "a-red-fox-2.jpg"],
    ["Übergröße: 狐狸 и лиса", "image/webp", 0, "übergröße-狐狸-и-лиса.webp"],
    ["../../etc/passwd", "image/png", 0, "etc-passwd.png"],
    ["<b>&\\:|?*", "image/png", 0, "b.png"],
    ["…", "image/gif", 3, "image-3.gif"],
    ["CON", "image/png", 0, "image-con.png"],
    ["", "image/png", 0, "image.png"],
    ["x".repeat(90), "image/png", 0, `${"x".repeat(60)}.png`],
    [
      "lorem ".repeat(40),
      "image/png",
      0,
      `${"lorem-".repeat(10).slice(0, -1)}.png`,
    ],
  ];
  for (const [prompt, type, version, name] of cases) {
    assert.equal(fileName(prompt, type, version), name);
  }
});
