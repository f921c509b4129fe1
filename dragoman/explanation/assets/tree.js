/**
 * The beam as a tree that one can walk. Time runs from left to right; the best hypothesis is the straight line at the top.
 *   nodes: {token, parent, log_probability, score, fate, on_best_path}, parents before children
 *   fates: what each fate means in words, {fate: [mark, words]}; a fate that is not there is shown as it is
 */
panels.tree = (root, { nodes, fates = {} }) => {
  const children = nodes.map(() => []), depth = [], last = [];
  const isRoot = node => node.parent == null || node.parent < 0;
  nodes.forEach((node, n) => {
    depth[n] = isRoot(node) ? 0 : depth[node.parent] + 1;
    if (!isRoot(node)) children[node.parent].push(n);
  });
  for (let n = nodes.length - 1; n >= 0; n--) last[n] = Math.max(depth[n], ...children[n].map(child => last[child]));
  const better = (a, b) => nodes[b].on_best_path - nodes[a].on_best_path || last[b] - last[a]
    || nodes[b].log_probability - nodes[a].log_probability || a - b;
  children.forEach(list => list.sort(better));
  const roots = nodes.map((_, n) => n).filter(n => isRoot(nodes[n])).sort(better);

  const fateOf = n => fates[nodes[n].fate] ?? ["✕", nodes[n].fate];
  const isLost = n => fateOf(n)[0] === "✕";
  /** The mark of a hypothesis and the words for it; one that was followed may still have come to nothing at once. */
  const endOf = n => (fateOf(n)[0] === "" && children[n].every(isLost)
    ? ["✕", "given up: none of its continuations stayed in the beam"] : fateOf(n));
  const followed = n => !isLost(n) || children[n].length > 0;

  const folded = new Set();
  let column = 104, shown = nodes.length > 80 ? "followed" : "all", current = nodes.reduce((best, node, n) => (node.on_best_path ? n : best), roots[0]);
  const isFinished = n => fateOf(n)[0] === "✓";
  const leadsToEnd = nodes.map(() => false);
  for (let n = nodes.length - 1; n >= 0; n--) leadsToEnd[n] = isFinished(n) || children[n].some(child => leadsToEnd[child]);
  const wanted = n => shown === "all" || nodes[n].on_best_path || (shown === "followed" && followed(n))
    || (shown === "finished" && leadsToEnd[n]);
  const open = n => (folded.has(n) ? [] : children[n].filter(wanted));

  /** The row of each visible node: a child that lives longest goes on in its parent's row, others take the first free one. */
  const layOut = () => {
    const row = new Map(), busy = [], branches = [];
    const visible = [], queue = roots.filter(wanted).map(n => [n, true]);
    while (queue.length) {
      const [n, begins] = queue.shift();
      visible.push(n);
      if (begins) branches.push(n);
      open(n).forEach((child, order) => queue.push([child, order > 0]));
    }
    for (const start of branches) {
      const line = [start];
      while (open(line.at(-1)).length) line.push(open(line.at(-1))[0]);
      const from = depth[start], to = depth[line.at(-1)];
      let free = isRoot(nodes[start]) ? 0 : row.get(nodes[start].parent);
      while ((busy[free] ?? []).some(([a, b]) => a <= to && from - 1 <= b)) free++;
      (busy[free] ??= []).push([from, to]);
      line.forEach(n => row.set(n, free));
    }
    return { row, visible, rows: busy.length };
  };

  const frame = make("div", { class: "tree", role: "tree", "aria-label": "hypotheses of the search, step by step" });
  const detail = make("div", { class: "detail", "aria-live": "polite" });
  const elements = new Map();
  const path = n => { const found = []; for (let at = n; at != null && at >= 0; at = nodes[at].parent) found.unshift(at); return found; };
  const fit = (token, room) => {
    let used = 0, out = "";
    for (const letter of visible(token)) {
      used += letter > "\u2e80" ? 13.5 : letter === letter.toUpperCase() && /\p{L}/u.test(letter) ? 9 : 7.4;
      if (used > room) return `${out}…`;
      out += letter;
    }
    return out;
  };

  const render = focus => {
    const { row, visible: seen, rows } = layOut();
    while (!row.has(current)) current = nodes[current].parent ?? roots[0];
    const wide = column >= 46, height = wide ? 50 : 20, boxHeight = wide ? 36 : 10, top = 26;
    const x = n => 12 + depth[n] * column, y = n => top + row.get(n) * height;
    const boxWidth = column - (wide ? 24 : 6), onPath = new Set(path(current));
    const steps = Math.max(...seen.map(n => depth[n])) + 1;
    const svg = draw("svg", { width: 24 + steps * column, height: top + rows * height + 8 });
    const everySteps = Math.max(1, Math.ceil(28 / column));
    for (let step = 0; step < steps; step += everySteps) {
      svg.append(draw("text", { class: "step", x: 12 + step * column + 2, y: 15 }, wide ? `step ${step + 1}` : `${step + 1}`));
    }
    const edges = draw("g"), boxes = draw("g");
    elements.clear();
    for (const n of seen) {
      const node = nodes[n], [mark, ending] = endOf(n);
      if (!isRoot(node)) {
        const x1 = x(node.parent) + boxWidth, y1 = y(node.parent) + boxHeight / 2, x2 = x(n), y2 = y(n) + boxHeight / 2;
        const half = (x1 + x2) / 2;
        const kind = onPath.has(n) ? (node.on_best_path ? "best" : "path") : node.on_best_path ? "best" : "";
        edges.append(draw("path", { class: `edge ${kind}`, d: `M${x1},${y1}C${half},${y1} ${half},${y2} ${x2},${y2}` }));
      }
      const kinds = ["node", node.on_best_path ? "best" : "", mark === "✕" ? "dead" : "", mark === "✓" ? "finished" : "",
        folded.has(n) ? "folded" : "", n === current ? "current" : ""].filter(Boolean).join(" ");
      const hidden = folded.has(n) ? seenBelow(n) : 0;
      const box = draw("g", { class: kinds, id: `node-${n}`, role: "treeitem", tabindex: n === current ? 0 : -1,
        "aria-level": depth[n] + 1, "aria-selected": n === current ? "true" : "false",
        "aria-expanded": children[n].length ? String(!folded.has(n)) : null,
        "aria-label": `${visible(node)}, log-probability ${signed(node.log_probability, 2)}${ending ? `, ${ending}` : ""}`,
        transform: `translate(${x(n)},${y(n)})` },
      draw("rect", { width: boxWidth, height: boxHeight, rx: wide ? 7 : 3 }));
      if (wide) {
        box.append(draw("text", { x: 8, y: 15 }, fit(node, boxWidth - 14 - (mark ? 12 : 0))),
          draw("text", { class: "score", x: 8, y: 29 }, signed(node.score ?? node.log_probability, 2)));
        if (mark) box.append(draw("text", { class: "mark", x: boxWidth - 15, y: 15 }, mark));
        if (hidden) box.append(draw("text", { class: "score", x: boxWidth - 6, y: 29, "text-anchor": "end" }, `+${hidden}`));
      } else {
        box.append(draw("title", {}, visible(node)));
      }
      box.addEventListener("click", () => go(n));
      box.addEventListener("dblclick", () => fold(n));
      elements.set(n, box);
      boxes.append(box);
    }
    svg.append(edges, boxes);
    const [left, above] = [frame.scrollLeft, frame.scrollTop];
    frame.replaceChildren(svg);
    frame.scrollTo(left, above);
    if (focus) {
      elements.get(current).focus({ preventScroll: true });
      const [px, py] = [x(current), y(current)];
      if (px < frame.scrollLeft + 20 || px + column > frame.scrollLeft + frame.clientWidth - 20) frame.scrollLeft = px - frame.clientWidth / 2;
      if (py < frame.scrollTop + top || py + height > frame.scrollTop + frame.clientHeight) frame.scrollTop = py - frame.clientHeight / 2;
    }
    describe();
  };
  const seenBelow = n => children[n].filter(wanted).reduce((sum, child) => sum + 1 + seenBelow(child), 0);
  const describe = () => {
    const node = nodes[current], text = joined(path(current).map(n => nodes[n]));
    const [, ending] = endOf(current), kept = children[current].filter(followed).length;
    detail.replaceChildren(make("p", {}, make("bdi", {}, text)),
      make("p", { class: "hint" }, `step ${depth[current] + 1} · log-probability ${signed(node.log_probability)}`,
        node.score != null ? ` · score ${signed(node.score)}` : "", node.on_best_path ? " · on the path of the best hypothesis" : "",
        ending ? ` · ${ending}` : "",
        children[current].length ? ` · ${counted(children[current].length, "continuation", "continuations")} considered, ${kept} followed` : ""),
      ...(children[current].length ? [make("button", { type: "button", class: "tool", onclick: () => fold(current) },
        folded.has(current) ? "Unfold what follows" : "Fold what follows")] : []));
  };
  const go = n => { current = n; render(true); };
  const fold = n => {
    if (!children[n].length) return;
    if (!folded.delete(n)) folded.add(n);
    current = n;
    render(true);
  };
  frame.addEventListener("keydown", event => {
    const { row, visible: seen } = layOut();
    const near = seen.filter(n => depth[n] === depth[current]).sort((a, b) => row.get(a) - row.get(b));
    const place = near.indexOf(current);
    const to = { ArrowLeft: nodes[current].parent, ArrowRight: open(current)[0], ArrowUp: near[place - 1], ArrowDown: near[place + 1],
      Home: roots[0], End: seen.filter(n => nodes[n].on_best_path).at(-1) }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); fold(current); return; }
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    if (to != null && to >= 0) go(to);
  });
  const zoom = make("input", { type: "range", min: 10, max: 168, step: 2, value: column, "aria-label": "width of a step" });
  zoom.addEventListener("input", () => {
    const middle = (frame.scrollLeft + frame.clientWidth / 2) / column;
    column = +zoom.value;
    render(false);
    frame.scrollLeft = middle * column - frame.clientWidth / 2;
  });
  const widest = Math.max(0, ...depth) + 1;
  const whole = make("button", { type: "button", class: "tool", onclick: () => {
    column = Math.max(10, Math.min(168, Math.floor((frame.clientWidth - 26) / widest)));
    zoom.value = column;
    render(false);
  } }, "Fit all");
  const key = (kind, words) => make("span", {}, make("i", { class: `key ${kind}` }), words);
  root.replaceChildren(make("div", { class: "tools" },
    choice("hypotheses", [["all that were considered", "all"], ["those that were followed", "followed"],
      ["those that were completed", "finished"], ["the best", "best"]], shown, value => { shown = value; render(false); }),
    make("label", {}, "zoom ", zoom), whole,
    key("best", "best"), key("finished", "complete ✓"), key("dead", "given up ✕")),
  frame, detail,
  make("p", { class: "hint" }, "Click a token, or walk with the arrow keys: ← back, → on, ↑ ↓ to the other hypotheses of the same step; Enter folds."));
  render(false);
};
