// What the page objects ask of the application, from within the page.
//
// A run's outcome is kept, since the state of a cell that was asked to run a moment ago is still
// that of its former run.
globalThis.nbkitTest = {
  runs: [],
  panel(path) {
    const app = globalThis.jupyterapp;
    if (!app || !app.shell) return null;
    return [...app.shell.widgets("main")].find((w) =>
      w.context && w.context.path === path
    ) ?? null;
  },
  cell(path, i) {
    return this.panel(path).content.widgets[i];
  },
  isOpen(path) {
    const panel = this.panel(path);
    return !!(panel && panel.context.isReady && panel.sessionContext.isReady &&
      panel.isVisible &&
      panel.content.widgets.length);
  },
  kernelStatus(path) {
    const session = this.panel(path)?.sessionContext.session;
    const kernel = session && session.kernel;
    if (!kernel) return "no kernel";
    return kernel.connectionStatus === "connected"
      ? kernel.status
      : kernel.connectionStatus;
  },
  run(path, cells, command) {
    const panel = this.panel(path);
    const app = globalThis.jupyterapp;
    app.shell.activateById(panel.id);
    const run = { cells: new Set(cells), settled: false };
    for (const i of cells) {
      const { model } = panel.content.widgets[i];
      if (model.type === "code") model.executionCount = null;
    }
    this.runs.push(run);
    if (command === "notebook:run-cell") {
      panel.content.deselectAll();
      panel.content.activeCellIndex = cells[0];
    }
    app.commands.execute(command).finally(() => {
      run.settled = true;
    });
  },
  isDone(path, i) {
    const run = this.runs.findLast((one) => one.cells.has(i));
    if (!run) return false;
    if (run.settled) return true;
    const { model } = this.cell(path, i);
    return model.type !== "code" ||
      (model.executionCount !== null && model.executionState === "idle");
  },
};
