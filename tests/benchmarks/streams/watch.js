// What a reader sees: at each frame of the page, how many letters and digits are shown; and how
// long frames took that took long.
globalThis.nbkitWatch = {
  start(path, cell, where, reads) {
    const output = globalThis.nbkitTest.cell(path, cell).node
      .querySelector(".jp-Cell-outputArea");
    const seen = { changes: [], last: 0, on: true, long: [] };
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.long.push(entry.duration);
    });
    observer.observe({ type: "long-animation-frame" });
    const look = (now) => {
      if (!seen.on) return;
      const node = where ? output.querySelector(where) : output;
      const count = node?.textContent.replace(/[^A-Za-z0-9]+/g, "").length ?? 0;
      if (count !== seen.last) {
        seen.changes.push([performance.timeOrigin + now, count]);
        seen.last = count;
      }
      requestAnimationFrame(look);
    };
    if (reads) requestAnimationFrame(look);
    this.seen = seen;
    this.observer = observer;
  },
  stop() {
    this.seen.on = false;
    for (const { duration } of this.observer.takeRecords()) {
      this.seen.long.push(duration);
    }
    return this.seen;
  },
};
