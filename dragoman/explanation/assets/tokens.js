/**
 * The tokens of a text with their probabilities; one under the pointer shows what was nearly written instead.
 *   texts: for each text its name, the place of its tokens in the page's data, and whether somebody proposes it
 *   parts: the place of the first token at which two texts differ, in a list that is empty if there is none
 */
panels.tokens = (root, { texts, parts: [parts] }) => {
  root.replaceChildren(...texts.flatMap(({ name, at, proposed }) => {
    const tokens = valueAt(at);
    const probability = token => Math.exp(token.log_probability);
    const chips = tokens.map((token, place) => {
      const share = probability(token), unsure = token.rank > 1 || share < 0.5;
      const bar = make("i");
      bar.style.setProperty("--share", share.toFixed(4));
      return make("button", { type: "button",
        class: `token${unsure ? " unsure" : ""}${place === parts ? " parts" : ""}${isSpecial(token) ? " special" : ""}`,
        "aria-label": `${visible(token)}: probability ${percent(share)}${token.rank ? `, choice ${token.rank}` : ""}` },
      make("span", { dir: directionAlone(token) }, visible(token)), make("span", { class: "bar" }, bar),
      make("span", { class: "share", dir: "ltr" }, percent(share) + (token.rank > 1 ? ` · ${ordinal(token.rank)}` : "")));
    });
    const detail = make("div", { class: "detail", "aria-live": "polite" });
    const show = index => {
      chips.forEach((chip, place) => chip.classList.toggle("chosen", place === index));
      const token = tokens[index];
      const rows = (token.alternatives ?? []).filter(other => other.token !== token.token).map(other => [other, false]);
      rows.push([token, true]);
      rows.sort(([a], [b]) => b.log_probability - a.log_probability);
      const before = joined(tokens.slice(Math.max(0, index - 6), index));
      detail.replaceChildren(
        make("p", {}, before ? "After " : "At the beginning, ", before ? make("bdi", {}, `${index > 6 ? "… " : ""}${before}`) : "",
          before ? ", " : "", proposed ? "the proposal has " : "the model wrote ", quoted(token),
          proposed ? ", the model's " : ", its ", token.rank > 1 ? `${ordinal(token.rank)} choice.` : "first choice."),
        make("div", { class: "alternatives" }, ...rows.flatMap(([other, taken]) => {
          const bar = make("i");
          bar.style.setProperty("--share", probability(other).toFixed(4));
          const mark = taken ? " taken" : "";
          return [make("bdi", { class: `name${mark}`, dir: directionAlone(other) }, visible(other)),
            make("span", { class: `bar${mark}` }, bar), make("span", { class: "number" }, percent(probability(other)))];
        })));
    };
    const least = tokens.reduce((best, token, place) => (token.log_probability < tokens[best].log_probability ? place : best), 0);
    const strip = make("div", { class: "strip", role: "group", "aria-label": name, dir: directionOf(tokens) },
      ...byWords(chips, tokens));
    if (chips.length) chooseAmong(chips, { show, rest: () => show(parts ?? least) });
    return [texts.length > 1 ? make("h3", {}, name) : null, strip, detail].filter(Boolean);
  }));
};

const ordinal = number => `${number}${[11, 12, 13].includes(number % 100) ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th"}`;
