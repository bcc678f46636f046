// What a reader sees: at each frame of the page, how many letters and digits are shown.
globalThis.nbkitWatch = {
  start(path, cell, where) {
    const output = globalThis.nbkitTest.cell(path, cell).node
      .querySelector(".jp-Cell-outputArea");
    const seen = { frames: [], changes: [], last: 0, on: true };
    const look = (now) => {
      if (!seen.on) return;
      seen.frames.push(now);
      const node = where ? output.querySelector(where) : output;
      const count = node?.textContent.replace(/[^A-Za-z0-9]+/g, "").length ?? 0;
      if (count !== seen.last) {
        seen.changes.push([performance.timeOrigin + performance.now(), count]);
        seen.last = count;
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    this.seen = seen;
  },
  stop() {
    this.seen.on = false;
    return this.seen;
  },
};
