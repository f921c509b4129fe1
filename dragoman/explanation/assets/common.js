// What the parts of the page share. Text from the model or its user is only ever set as text, never as HTML.
const explanation = JSON.parse(document.getElementById("explanation").textContent);

/** The value at a JSON pointer, such as "/tree/nodes". */
const valueAt = pointer =>
  pointer.split("/").slice(1).reduce((value, key) => (value == null ? value : value[key]), explanation);

const setAll = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  return element;
};

/** A new element of HTML with attributes, listeners ("onclick") and children. */
const make = (tag, attributes = {}, ...children) => {
  const element = setAll(document.createElement(tag), attributes);
  element.append(...children.filter(child => child != null));
  return element;
};

/** A new element of SVG. */
const draw = (tag, attributes = {}, ...children) => {
  const element = setAll(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes);
  element.append(...children);
  return element;
};

/** The text of a token, which stands alone or in an object. */
const textOf = token => (typeof token === "string" ? token : token.text ?? token.token);

/** A token as it is shown: without the sign of the space before it, and with other white space made visible. */
const visible = token => {
  const text = textOf(token), bare = text.length > 1 ? text.replace(/^▁/, "") : text;
  return bare === "" ? "∅" : bare.replace(/[▁ ]/g, "␣").replace(/\n/g, "↵").replace(/\t/g, "⇥");
};

/** Tokens as running text, in which special symbols keep their direction (by the characters of Unicode for it). */
const joined = tokens =>
  tokens.map(token => (isSpecial(token) ? ` \u2066${textOf(token)}\u2069` : textOf(token))).join("").replace(/▁/g, " ").trim();

/** A special symbol is written from left to right, whatever surrounds it. */
const directionAlone = token => (isSpecial(token) ? "ltr" : null);

/** A token that keeps its own direction inside a sentence. */
const quoted = token => make("bdi", { class: "wordlike", dir: directionAlone(token) }, visible(token));

/** What stands for the tokens of a text, with those of one word side by side. */
const byWords = (elements, tokens) => {
  const words = [];
  elements.forEach((element, n) => {
    if (n === 0 || tokens[n].begins_word) words.push(make("span", { class: "oneword" }));
    words.at(-1).append(element);
  });
  return words;
};

const isSpecial = token => /^<[^<>\s]+>$/.test(textOf(token));

const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;

const percent = share =>
  share == null ? "–" : share > 0 && share < 0.001 ? "<0.1 %" : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

const signed = (value, digits = 3) => {
  if (value == null) return "–";
  const text = Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits)
    ? value.toExponential(1) : value.toFixed(digits);
  return text.replace("-", "−");
};

/** The direction of a text, by the first letter in its tokens that has one; special symbols have none. */
const directionOf = tokens => {
  const strong = tokens.filter(token => !isSpecial(token)).map(textOf).join(" ").match(/\p{L}/u);
  return strong && /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/.test(strong[0]) ? "rtl" : "ltr";
};

/**
 * Items of which one at a time is shown: under the pointer, focused, or kept by a click or a tap.
 * The arrow keys move between them, and only one of them is reached by Tab.
 */
const chooseAmong = (items, { show, rest }) => {
  let kept = null;
  const settle = () => (kept == null ? rest() : show(kept));
  items.forEach((item, index) => {
    item.tabIndex = index === 0 ? 0 : -1;
    item.addEventListener("pointerenter", event => event.pointerType === "mouse" && show(index));
    item.addEventListener("pointerleave", event => event.pointerType === "mouse" && settle());
    item.addEventListener("focus", () => {
      items.forEach(other => (other.tabIndex = other === item ? 0 : -1));
      show(index);
    });
    item.addEventListener("blur", settle);
    item.addEventListener("click", () => { kept = kept === index ? null : index; show(index); });
    item.addEventListener("keydown", event => {
      const forward = getComputedStyle(item.parentElement).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
      const to = { [forward]: index + 1, [backward]: index - 1, ArrowDown: index + 1, ArrowUp: index - 1,
        Home: 0, End: items.length - 1 }[event.key];
      if (event.key === "Escape") { kept = null; item.blur(); }
      if (to == null || !items[to]) return;
      event.preventDefault();
      items[to].focus();
    });
  });
  rest();
  return { settle };
};

/** A matrix of weights, the mean of several. */
const meanOf = matrices => matrices[0].map((row, i) =>
  row.map((_, j) => matrices.reduce((sum, matrix) => sum + matrix[i][j], 0) / matrices.length));

/** A labelled choice among [name, value] pairs. */
const choice = (label, options, chosen, onchange) => {
  const select = make("select", { onchange: () => onchange(options[select.selectedIndex][1]) },
    ...options.map(([name, value]) => make("option", { selected: value === chosen }, name)));
  return make("label", {}, `${label} `, select);
};

const panels = {};
