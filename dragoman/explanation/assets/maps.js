/**
 * Every attention map as a small picture; a click enlarges one, with its tokens and, under the pointer, its numbers.
 *   maps: attention maps {name, queries, keys, heads: [head][query][key], summaries: [{words}]}
 */
panels.maps = (root, { maps }) => {
  const dialog = make("dialog", { "aria-label": "attention map" });
  const colours = () => {
    const probe = make("i", { style: "color: var(--accent)" });
    root.append(probe);
    const [, r, g, b] = getComputedStyle(probe).color.match(/rgba?\((\d+), (\d+), (\d+)/) ?? [0, 0, 98, 184];
    probe.remove();
    return [+r, +g, +b];
  };
  const paint = (canvas, matrix) => {
    const [r, g, b] = colours(), width = matrix[0]?.length ?? 0, height = matrix.length;
    if (!width) return;
    canvas.width = width;
    canvas.height = height;
    const pixels = canvas.getContext("2d").createImageData(width, height);
    matrix.flat().forEach((weight, k) => pixels.data.set([r, g, b, 255 * shade(weight)], 4 * k));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  };
  const canvases = [];
  const small = (map, h, matrix, label) => {
    const words = map.summaries[h]?.words;
    const name = `${map.name}, ${label}${words ? `: ${words}` : ""}`, canvas = make("canvas", { role: "img", "aria-label": name });
    canvases.push([canvas, matrix]);
    return make("button", { type: "button", class: "map", title: name, onclick: () => enlarge(map, h) },
      canvas, make("span", {}, label));
  };
  const enlarge = (map, start) => {
    let h = start;
    const body = make("div", { class: "scroll" }), said = make("p", { class: "said", "aria-live": "polite" });
    const title = make("h3");
    const refresh = () => {
      title.replaceChildren(`${map.name}, ${h < 0 ? "mean of all heads" : `head ${h + 1}`} `,
        make("small", {}, h < 0 ? "" : map.summaries[h].words));
      body.replaceChildren(heat(map.queries, map.keys, h < 0 ? meanOf(map.heads) : map.heads[h], said));
    };
    const step = by => { h = ((h + 1 + by + map.heads.length + 1) % (map.heads.length + 1)) - 1; refresh(); };
    const many = map.heads.length > 1;
    dialog.replaceChildren(make("div", { class: "bartop" }, title,
      many ? make("button", { type: "button", class: "tool", "aria-label": "previous head", onclick: () => step(-1) }, "←") : null,
      many ? make("button", { type: "button", class: "tool", "aria-label": "next head", onclick: () => step(1) }, "→") : null,
      make("button", { type: "button", class: "tool", onclick: () => dialog.close() }, "Close")), said, body);
    dialog.onkeydown = event => {
      if (many && (event.key === "ArrowRight" || event.key === "ArrowLeft")) step(event.key === "ArrowRight" ? 1 : -1);
    };
    refresh();
    dialog.showModal();
  };
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  const rows = maps.map(map => {
    const many = map.heads.length > 1;
    return make("div", { class: "row" }, make("span", { class: "name" }, map.name),
      make("div", { class: "heads" }, ...(many ? [small(map, -1, meanOf(map.heads), "mean")] : []),
        ...map.heads.map((matrix, h) => small(map, h, matrix, many ? `head ${h + 1}` : "attention"))));
  });
  const sides = [...new Set(maps.map(map => map.side))], showSide = side =>
    rows.forEach((row, n) => (row.hidden = side !== "all" && maps[n].side !== side));
  const first = sides.includes(SOURCE) ? SOURCE : sides[0];
  const names = { encoder: "within the encoder", decoder: "within the decoder" };
  root.replaceChildren(...(sides.length > 1 ? [make("div", { class: "tools" }, choice("layers",
    [...sides.map(side => [names[side] ?? side, side]), ["all", "all"]], first, showSide))] : []),
  make("div", { class: "maps" }, ...rows), dialog);
  showSide(first);
  const repaint = () => canvases.forEach(([canvas, matrix]) => paint(canvas, matrix));
  repaint();
  onThemeChange(repaint);
};

/** The side, among those of attention maps, that links the output to the input. */
const SOURCE = "to the source";

/** How dark a weight is drawn: small weights stay visible. */
const shade = weight => Math.min(1, Math.max(0, weight ?? 0)) ** 0.6;

/** One map, large: rows are queries, columns are keys. */
const heat = (queries, keys, matrix, said) => {
  const cell = Math.max(13, Math.min(26, (innerHeight - 260) / queries.length)), longest = tokens => Math.min(150, 12 + 8 * Math.max(1, ...tokens.map(token => [...visible(token)].reduce(
    (sum, c) => sum + (c > "\u2e80" ? 1.7 : 1), 0))));
  const left = longest(queries), top = longest(keys) * 0.85 + 8;
  const width = left + cell * keys.length + 70, height = top + cell * queries.length + 6;
  const shorten = token => {
    const letters = [...visible(token)];
    return letters.length > 17 ? `${letters.slice(0, 16).join("")}…` : letters.join("");
  };
  const svg = draw("svg", { class: "heat", width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "rows are what looks, columns what is looked at" });
  svg.append(draw("rect", { class: "ground", x: left, y: top, width: cell * keys.length, height: cell * queries.length }));
  keys.forEach((key, j) => svg.append(draw("text", { x: 0, y: 0, transform: `translate(${left + cell * (j + 0.65)},${top - 6}) rotate(-55)` }, shorten(key))));
  queries.forEach((query, i) => svg.append(draw("text", { x: left - 6, y: top + cell * (i + 0.67), "text-anchor": "end", style: "unicode-bidi: plaintext" }, shorten(query))));
  matrix.forEach((row, i) => row.forEach((weight, j) => weight >= 0.001 && svg.append(draw("rect", { class: "cell", x: left + cell * j + 0.5,
    y: top + cell * i + 0.5, width: cell - 1, height: cell - 1, "fill-opacity": shade(weight).toFixed(3) }))));
  const across = draw("rect", { class: "cross", height: cell, width: cell, visibility: "hidden" });
  svg.append(across);
  said.replaceChildren(make("span", { class: "hint" }, "Rows are what looks, columns what is looked at. Point at a cell for its weight."));
  const at = event => {
    const frame = svg.getBoundingClientRect();
    const j = Math.floor((event.clientX - frame.left - left) / cell), i = Math.floor((event.clientY - frame.top - top) / cell);
    if (matrix[i]?.[j] === undefined) return;
    setAll(across, { x: left + cell * j, y: top + cell * i, visibility: "visible" });
    said.replaceChildren(quoted(queries[i]), " → ", quoted(keys[j]), ` ${percent(matrix[i][j])}`);
  };
  svg.addEventListener("pointermove", at);
  svg.addEventListener("pointerdown", at);
  return svg;
};
