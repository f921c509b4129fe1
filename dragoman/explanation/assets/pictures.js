/** A picture with what mattered laid over it, more or less opaque. */
panels.overlay = root => {
  const picture = root.querySelector(".picture");
  const slider = make("input", { type: "range", min: 0, max: 100, value: 75, oninput: () =>
    picture.style.setProperty("--opacity", slider.value / 100) });
  root.prepend(make("div", { class: "tools" }, make("label", {}, "strength of the overlay ", slider)));
};

/** A picture and what was read in it: a character under the pointer shows its columns, and columns their character. */
panels.reading = root => {
  const [spans, characters, overlays] = [".picture .span", ".strip .token", ".picture .over"].map(each => [...root.querySelectorAll(each)]);
  const said = make("p", { class: "said", "aria-live": "polite" });
  root.append(said);
  characters.forEach(character => character.removeAttribute("title"));
  const pick = chosen => {
    [spans, characters].forEach(list => list.forEach((element, index) => element.classList.toggle("chosen", index === chosen)));
    overlays.forEach((element, index) => (element.hidden = index !== chosen));
  };
  const options = {
    show: index => { pick(index); said.textContent = characters[index].dataset.said ?? ""; },
    rest: () => { pick(-1); said.replaceChildren(make("span", { class: "hint" }, "Point at a character, or at a place in the picture.")); },
  };
  if (characters.length) chooseAmong(characters, options);
  if (spans.length) chooseAmong(spans, options);
};
