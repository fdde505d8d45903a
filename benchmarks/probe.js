// In the page from its first moment: when each mark was painted, how long frames and tasks took, when keys were hit.
// It reads only what changes, so that it costs the page in proportion to the page's own work.
(() => {
  const MARK = /(?:tk|an)\d{4}/g;
  const raf = window.requestAnimationFrame.bind(window);
  let inFrame = false;
  window.requestAnimationFrame = (callback) =>
    raf((now) => {
      inFrame = true;
      try {
        callback(now);
      } finally {
        queueMicrotask(() => (inFrame = false));
      }
    });

  const probe = (window.__probe = { painted: {}, longTasks: [], gaps: [], keyed: 0, changed: 0, epoch: 0, on: false });
  const wall = () => performance.now() + probe.epoch;
  const after = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => after.splice(0).forEach((run) => run());
  // A message sent during an animation frame is handled after that frame was painted.
  const afterPaint = (run) => {
    const send = () => (after.push(run), channel.port2.postMessage(null));
    if (inFrame) send();
    else raf(send);
  };

  const seen = (text) => {
    const fresh = (text.match(MARK) ?? []).filter((mark) => !(mark in probe.painted));
    if (!fresh.length) return;
    for (const mark of fresh) probe.painted[mark] = 0;
    afterPaint(() => {
      const now = wall();
      for (const mark of fresh) probe.painted[mark] = now;
    });
  };

  new MutationObserver((records) => {
    if (!probe.on) return;
    probe.changed = performance.now();
    for (const { type, target, addedNodes } of records) {
      if (type === "characterData") seen(target.data);
      else for (const node of addedNodes) if (node.nodeType === 1 || node.nodeType === 3) seen(node.textContent);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });

  new PerformanceObserver((list) => probe.on && probe.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  addEventListener("keydown", (event) => event.key === "Enter" && (probe.keyed = wall()), true);

  probe.start = () => {
    // Chromium's performance clock does not follow the system's: tie it anew for each run.
    let epoch = Infinity;
    for (let i = 0; i < 50; i++) epoch = Math.min(epoch, Date.now() + 1 - performance.now());
    for (let end = Date.now() + 2, edge = Date.now(); edge < end; ) {
      const now = Date.now();
      if (now !== edge) {
        epoch = now - performance.now();
        break;
      }
    }
    Object.assign(probe, { painted: {}, longTasks: [], gaps: [], keyed: 0, changed: 0, epoch, on: true, longestGap: 0 });
    performance.clearResourceTimings();
    let last = 0;
    const tick = (now) => {
      if (last) {
        if (now - last > 50) probe.gaps.push(now - last);
        probe.longestGap = Math.max(probe.longestGap, now - last);
      }
      last = now;
      if (probe.on) raf(tick);
    };
    raf(tick);
  };

  probe.take = () => {
    probe.on = false;
    const bytes = performance.getEntriesByType("resource").reduce((sum, entry) => sum + (entry.transferSize || entry.encodedBodySize), 0);
    const { painted, longTasks, gaps, keyed, longestGap } = probe;
    return { painted, longTasks, gaps, keyed, longestGap, bytes };
  };
})();
