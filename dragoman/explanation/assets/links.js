/**
 * Source and translation as words; a word under the pointer shows its links.
 *   input, output: tokens of the two texts
 *   links: pairs of indices of a token of the input and of one of the output
 *   maps: attention maps, and only: the indices of those from the output to the input
 */
panels.links = (root, { input, output, links, maps, only }) => {
  maps = only.map(number => maps[number]);
  let weights = null, selected = null;
  const chips = tokens => tokens.map(token => make("button", {
    type: "button", dir: directionAlone(token), class: `word${isSpecial(token) ? " special" : ""}` }, visible(token)));
  const words = [chips(input), chips(output)];
  const side = (name, kind, tokens, row) => make("div", { class: `side ${kind}` },
    make("p", { class: "name" }, name),
    make("div", { class: "words", role: "group", "aria-label": name, dir: directionOf(tokens) }, ...byWords(words[row], tokens)));
  const curves = draw("svg", { "aria-hidden": "true" });
  const box = make("div", { class: "links" }, curves, side("source", "input", input, 0), side("translation", "output", output, 1));
  const said = make("p", { class: "said", "aria-live": "polite" });

  const narrow = () => getComputedStyle(box).gridTemplateColumns.split(" ").length > 1;
  const curve = (i, j, strength, faint) => {
    const frame = box.getBoundingClientRect();
    const [from, to] = [words[0][j], words[1][i]].map(word => word.getBoundingClientRect());
    let d;
    if (narrow()) {
      const x1 = from.right - frame.left, y1 = from.top + from.height / 2 - frame.top;
      const x2 = to.left - frame.left, y2 = to.top + to.height / 2 - frame.top, half = (x1 + x2) / 2;
      d = `M${x1},${y1}C${half},${y1} ${half},${y2} ${x2},${y2}`;
    } else {
      const x1 = from.left + from.width / 2 - frame.left, y1 = from.bottom - frame.top + (words[0][j].dataset.strength ? 15 : 0);
      const x2 = to.left + to.width / 2 - frame.left, y2 = to.top - frame.top, half = (y1 + y2) / 2;
      d = `M${x1},${y1}C${x1},${half} ${x2},${half} ${x2},${y2}`;
    }
    return draw("path", { d, "stroke-width": (1 + (faint ? 1.5 : 4) * strength).toFixed(1),
      "stroke-opacity": (faint ? 0.12 + 0.3 * strength : 0.3 + 0.7 * strength).toFixed(2) });
  };
  const clear = () => {
    words.flat().forEach(word => {
      word.classList.remove("chosen");
      word.removeAttribute("data-strength");
      word.style.removeProperty("--strength");
    });
    box.classList.remove("dimmed");
  };
  const strongest = row => row.reduce((best, value, j) => (value > row[best] ? j : best), 0);
  const rest = () => {
    clear();
    selected = null;
    curves.replaceChildren(...weights.flatMap((row, i) =>
      row.map((value, j) => [value, j]).filter(([value, j]) => value > 0.3 || (value > 0.1 && j === strongest(row)))
        .map(([value, j]) => curve(i, j, value, true))));
    said.replaceChildren(make("span", { class: "hint" },
      "Point at a word, tap it, or reach it with Tab and the arrow keys. At rest, the strongest links are shown faintly."));
  };
  const show = index => {
    clear();
    selected = index;
    const ofInput = index < input.length, place = ofInput ? index : index - input.length;
    const row = ofInput ? weights.map(line => line[place]) : weights[place];
    const others = words[ofInput ? 1 : 0], word = words[ofInput ? 0 : 1][place];
    word.classList.add("chosen");
    box.classList.add("dimmed");
    row.forEach((value, k) => {
      if (value < 0.01) return;
      others[k].style.setProperty("--strength", Math.min(1, value).toFixed(3));
      if (value >= 0.05) others[k].dataset.strength = layer === "links" ? "" : percent(value);
    });
    curves.replaceChildren(...row.map((value, k) => [value, k]).filter(([value]) => value >= 0.02)
      .sort(([a], [b]) => a - b)
      .map(([value, k]) => curve(ofInput ? k : place, ofInput ? place : k, Math.min(1, value), false)));
    const names = ofInput ? output : input;
    const top = row.map((value, k) => [value, k]).filter(([value]) => value >= 0.01).sort(([a], [b]) => b - a).slice(0, 5);
    const verb = layer === "links" ? " is linked to " : ofInput ? " is looked at by " : " looks at ";
    said.replaceChildren(quoted((ofInput ? input : output)[place]), verb,
      ...(top.length ? top.flatMap(([value, k], n) => [n ? ", " : "", quoted(names[k]), layer === "links" ? "" : ` ${percent(value)}`]) : ["nothing"]), ".");
  };

  const linked = output.map(() => input.map(() => 0));
  links.forEach(([from, to]) => (linked[to][from] = 1));
  const averages = new Map(), mean = (name, of) => averages.get(name) ?? averages.set(name, meanOf(of())).get(name);
  let layer = -1, head = -1;
  const all = () => maps.flatMap(map => map.heads);
  const pick = () => {
    weights = layer === "links" ? linked
      : layer === -1 ? (head === -1 ? mean("all", all) : mean(`h${head}`, () => maps.map(map => map.heads[Math.min(head, map.heads.length - 1)])))
        : head === -1 ? mean(`l${layer}`, () => maps[layer].heads) : maps[layer].heads[Math.min(head, maps[layer].heads.length - 1)];
    if (selected == null) rest(); else show(selected);
  };
  const layers = [...(links.length || !maps.length ? [["word alignment", "links"]] : []),
    ...(maps.length > 1 ? [["attention: mean of all layers", -1]] : []), ...maps.map((map, index) => [`attention: ${map.name}`, index])];
  layer = layers[0][1];
  const heads = Math.max(0, ...maps.map(map => map.heads.length));
  const headChoice = choice("head", [["mean of all heads", -1], ...Array.from({ length: heads }, (_, h) => [`head ${h + 1}`, h])], head,
    value => { head = value; pick(); });
  headChoice.hidden = heads < 2 || layer === "links";
  root.replaceChildren(make("div", { class: "tools" },
    layers.length > 1 ? choice("shown", layers, layer, value => {
      layer = value; headChoice.hidden = heads < 2 || value === "links"; pick();
    }) : null, headChoice), box, said);
  pick();
  chooseAmong(words.flat(), { show, rest });
  new ResizeObserver(() => (selected == null ? rest() : show(selected))).observe(box);
};
