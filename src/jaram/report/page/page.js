// The evidence that the page carries, the texts in both languages, and elements made of them.
// Everything out of the run is set as text, never as markup.

const evidence = JSON.parse(document.getElementById("evidence").textContent);
const state = { lang: evidence.lang, log: { loss: false, vitals: true } };

// The text of a key in the page's language, with its {placeholders} filled; {epochs:epoch|epochs} is
// a count with its noun.
function t(key, values = {}) {
  const found = evidence.texts[state.lang][key] ?? key;
  return found.replace(/\{(\w+)(?::([^{}|]+)\|([^{}|]+))?\}/g, (whole, name, one, many) => {
    if (!(name in values)) return whole;
    const value = values[name];
    return one === undefined ? value : `${value} ${String(value) === "1" ? one : many}`;
  });
}

const has = (key) => key in evidence.texts[state.lang];
const label = (prefix, name) => (has(`${prefix}_${name}`) ? t(`${prefix}_${name}`) : String(name));

// An element with attributes and children; null children are left out, arrays are spread.
function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// A section with its heading and the one sentence that explains it.
function section(name, explanation, ...content) {
  return el(
    "section",
    { id: name },
    el("h2", {}, t(name)),
    explanation ? el("p", { class: "is" }, explanation) : null,
    ...content,
  );
}

function subsection(name, explanation, ...content) {
  return el(
    "div",
    { class: "sub" },
    el("h3", {}, t(name)),
    explanation ? el("p", { class: "is" }, explanation) : null,
    ...content,
  );
}

// A table with a heading row; cells are texts, nodes, or [class, content].
function tabulate(heads, lines, cls = "") {
  const cell = (tag, content, scope) =>
    Array.isArray(content)
      ? el(tag, { class: content[0], scope }, content[1])
      : el(tag, { scope }, content);
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      { class: cls },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map((head) => cell("th", head, "col")),
        ),
      ),
      el(
        "tbody",
        {},
        lines.map((line) =>
          el(
            "tr",
            {},
            line.map((content) => cell("td", content)),
          ),
        ),
      ),
    ),
  );
}

function toggle(text, pressed, act) {
  return el(
    "button",
    { class: "toggle", type: "button", "aria-pressed": String(pressed), click: act },
    text,
  );
}

const isList = (value) => Array.isArray(value) && value.length > 0;

// The buttons that choose the page's language.
function languages() {
  const button = (lang, text) =>
    el(
      "button",
      {
        type: "button",
        lang,
        "aria-pressed": String(state.lang === lang),
        click: () => speak(lang),
      },
      text,
    );
  return el(
    "div",
    { class: "languages", role: "group" },
    button("en", "English"),
    button("ko", "한국어"),
  );
}
