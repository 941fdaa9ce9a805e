// Single examples: pictures and where the network looked, its first filters, words, series.

// A picture as a canvas, each pixel a square. `tint` makes a colour [r, g, b, alpha] of a value in [0, 1].
function canvasOf(pixels, size, tint = null) {
  const { height, width, channels } = pixels ?? {};
  if (!(height > 0 && width > 0)) return null;
  const canvas = el("canvas", { class: "pixels", width, height });
  const factor = size / Math.max(height, width);
  canvas.style.width = `${Math.round(width * factor)}px`;
  canvas.style.height = `${Math.round(height * factor)}px`;
  paint(canvas, [{ pixels, tint }]);
  return canvas;
}

// Pictures of one size over each other on a canvas.
function paint(canvas, layers) {
  const ctx = canvas.getContext("2d");
  const { width, height } = canvas;
  layers.forEach(({ pixels, tint }, place) => {
    const bytes = Uint8Array.from(atob(pixels.bytes), (letter) => letter.charCodeAt(0));
    const image = place ? ctx.getImageData(0, 0, width, height) : ctx.createImageData(width, height);
    for (let at = 0; at < width * height; at += 1) {
      const value = (channel) => bytes[at * pixels.channels + (pixels.channels === 3 ? channel : 0)];
      const colour = tint ? tint(bytes[at] / 255) : [value(0), value(1), value(2), 255];
      const alpha = (colour[3] ?? 255) / 255;
      for (let channel = 0; channel < 3; channel += 1) {
        const under = image.data[4 * at + channel];
        image.data[4 * at + channel] = under * (1 - alpha) + colour[channel] * alpha;
      }
      image.data[4 * at + 3] = 255;
    }
    ctx.putImageData(image, 0, 0);
  });
}

// Black over red and yellow to white.
const heat = (share) => [765 * share, 765 * share - 255, 765 * share - 510, 255];

function augmentedSection() {
  const { augment, pictures } = evidence.augmented;
  if (!isList(pictures)) return null;
  const line = ({ picture, changed, true: truth }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, String(truth ?? "")),
      el("td", { class: "original" }, canvasOf(picture, 72)),
      (changed ?? []).map((one) => el("td", {}, canvasOf(one, 72))),
    );
  return section(
    "augmented",
    t("augmented_is"),
    el("p", { class: "note" }, (augment ?? []).join(", ")),
    el(
      "div",
      { class: "scroll" },
      el("table", { class: "sheet" }, el("tbody", {}, pictures.map(line))),
    ),
  );
}

// What stands under an example: the answer, right or wrong, and how sure it was.
function answerLines(example) {
  const { true: truth, predicted, probability, is_right, name, row } = example;
  const sure = typeof probability === "number" ? ` ${percent(probability, 0)}` : "";
  const wrong = is_right === false;
  return [
    el("span", { class: wrong ? "answer wrong" : "answer" }, `${predicted ?? "–"}${sure}`),
    is_right === true ? null : el("span", { class: "truth" }, t("is_truly", { truth: truth ?? "–" })),
    el(
      "span",
      { class: "which", title: String(name ?? "") },
      name ? String(name) : t("row_number", { row: row ?? "–" }),
    ),
  ];
}

function picturesSection() {
  const { kind, examples } = evidence.examples;
  if (kind !== "pictures" || !isList(examples)) return null;
  const card = (example) =>
    el(
      "li",
      {},
      el(
        "div",
        { class: "pair" },
        canvasOf(example.picture, 96),
        example.saliency ? canvasOf(example.saliency, 96, heat) : null,
      ),
      answerLines(example),
    );
  const wrong = examples.filter(({ is_right }) => is_right === false);
  const rest = examples.filter(({ is_right }) => is_right !== false);
  return section(
    "pictures_seen",
    t("pictures_seen_is"),
    isList(wrong)
      ? subsection("surest_mistakes", null, el("ul", { class: "pictures" }, wrong.map(card)))
      : null,
    isList(rest)
      ? subsection(
          wrong.length || rest[0].is_right ? "right_answers" : "largest_errors",
          null,
          el("ul", { class: "pictures" }, rest.map(card)),
        )
      : null,
  );
}

function filtersSection() {
  const { filters, maps } = evidence.examples;
  if (!isList(filters?.pictures)) return null;
  return section(
    "filters",
    t("filters_is", { layer: filters.layer ?? "" }),
    el(
      "div",
      { class: "filters" },
      filters.pictures.map((one) => canvasOf(one, 44)),
    ),
    isList(maps?.pictures)
      ? subsection(
          "maps",
          t("maps_is"),
          el(
            "div",
            { class: "filters" },
            el("div", { class: "original" }, canvasOf(maps.picture, 64)),
            maps.pictures.map((one) => canvasOf(one, 64)),
          ),
        )
      : null,
  );
}

// Each unit on a ground that is the stronger the more the answer hangs on it.
function wordsSection() {
  const { kind, examples, between, unit } = evidence.examples;
  if (kind !== "text" || !isList(examples)) return null;
  const card = (example) => {
    const units = example.units ?? [];
    const most = maximum(units.map(([, effect]) => Math.abs(effect ?? 0))) || 1;
    const word = ([text, effect]) => {
      const node = el(
        "span",
        {
          class: effect > 0 ? "for" : effect < 0 ? "against" : "",
          title: typeof effect === "number" ? num(effect) : null,
        },
        text,
      );
      node.style.setProperty("--share", Math.abs(effect ?? 0) / most);
      return [node, between];
    };
    return el(
      "li",
      {},
      el("p", { class: "text" }, units.map(word), example.is_cut ? "…" : null),
      el("p", { class: "told" }, answerLines(example)),
    );
  };
  const wrong = examples.filter(({ is_right }) => is_right === false);
  const right = examples.filter(({ is_right }) => is_right !== false);
  const list = (some) => el("ul", { class: "texts" }, some.map(card));
  return section(
    "words_that_mattered",
    t("words_that_mattered_is", { unit: label("unit", unit) }),
    isList(wrong) ? subsection("surest_mistakes", null, list(wrong)) : null,
    isList(right) ? subsection("right_answers", null, list(right)) : null,
  );
}

function seriesSection() {
  const { kind, examples, channels, each } = evidence.examples;
  if (kind !== "series" || !isList(examples)) return null;
  const names = channels ?? [];
  const card = (example) => {
    const lines = (example.lines ?? []).filter(isList);
    if (!lines.length) return null;
    return el(
      "div",
      {},
      chart({
        x: lines[0].map((_, place) => 1 + place * (each ?? 1)),
        height: 130,
        whole: true,
        place: (x) => `${t("series_step")} ${x}`,
        curves: lines.map((values, place) => ({
          label: String(names[place] ?? place + 1),
          values,
          colour: layerColour(place, lines.length),
          width: 1.5,
        })),
      }),
      el("p", { class: "told" }, answerLines(example)),
    );
  };
  return section(
    "series_seen",
    t("series_seen_is"),
    el("div", { class: "grid" }, examples.map(card)),
  );
}
