// The data, the recipe, what was chosen, and where all this came from.

function dataSection() {
  const { summary } = evidence;
  const facts = [
    ["source", summary.path ?? summary.source ?? summary.name],
    ["rows", typeof summary.rows === "number" ? whole(summary.rows) : null],
    ["columns", summary.column_count ? whole(summary.column_count) : null],
    ["encoding", summary.encoding],
    ["split", splitWords(summary.split)],
  ].filter(([, value]) => typeof value === "string" && value);
  if (!facts.length && !isList(summary.columns)) return null;
  const counts = summary.class_counts && typeof summary.class_counts === "object" ? Object.entries(summary.class_counts) : [];
  const notes = (summary.notes ?? []).filter((note) => typeof note === "string");
  return section(
    "data",
    t("data_is"),
    el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, t(name)), el("dd", {}, value)))),
    notes.map((note) => el("p", { class: "note" }, note)),
    counts.length ? classBars(counts) : null,
    columnTable(summary),
  );
}

function splitWords(split) {
  if (!split || typeof split !== "object") return null;
  return ["train", "valid", "test"].filter((part) => split[part] > 0).map((part) => `${t(`part_${part}`)} ${whole(split[part])}`).join(" · ");
}

function classBars(counts) {
  const numbers = counts.filter(([, count]) => typeof count === "number");
  const most = maximum(numbers.map(([, count]) => count));
  const bar = ([name, count]) => {
    const body = el("span", { class: "body plain" });
    body.style.width = `${(100 * count) / most}%`;
    return el("li", {}, el("span", { class: "label", title: name }, name), el("span", { class: "bar" }, body), el("span", { class: "value" }, whole(count)));
  };
  const rest = numbers.length - MOST_BARS;
  return subsection("classes", null, el("ol", { class: "bars" }, numbers.slice(0, MOST_BARS).map(bar)),
    rest > 0 ? el("p", { class: "note" }, t("and_more", { count: rest })) : null);
}

function columnTable(summary) {
  if (!isList(summary.columns)) return null;
  const lines = summary.columns.map((column) => [
    ["words", String(column.name)],
    label("kind", column.kind ?? "–"),
    [column.missing > 0 ? "n warn" : "n", whole(column.missing ?? 0)],
    ["n", typeof column.distinct === "number" ? whole(column.distinct) : "–"],
    ["values", valueWords(column)],
  ]);
  const rest = summary.column_count - summary.columns.length;
  return el("div", {},
    tabulate([t("column"), t("kind"), ["n", t("missing")], ["n", t("distinct")], t("values")], lines, "lines"),
    rest > 0 ? el("p", { class: "note" }, t("and_more", { count: whole(rest) })) : null);
}

function valueWords(column) {
  if (isList(column.top)) {
    return column.top.slice(0, 4).map(([value, count]) => `${value} ${whole(count)}`).join(", ") + (column.top.length > 4 ? ", …" : "");
  }
  if (column.min === undefined || column.min === null) return "";
  return t("range_values", { min: num(column.min), max: num(column.max), mean: num(column.mean) });
}

function askedSection() {
  const { recipe, choices } = evidence;
  if (!recipe && !choices.length) return null;
  const lines = choices.map((choice) => [["words", choice.field], ["words", shownValue(choice.value)], ["values", choice.why[state.lang]]]);
  return section(
    "asked",
    t("asked_is"),
    choices.length
      ? subsection("choices", t("choices_is"), el("div", { class: "scroll" }, el("table", { class: "lines" }, el("tbody", {}, lines.map((line) => el("tr", {}, line.map(([cls, text]) => el("td", { class: cls }, text))))))))
      : null,
    recipe ? subsection("recipe", null, el("pre", {}, recipe.trim())) : null,
  );
}

function shownValue(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : typeof value === "number" ? num(value) : String(value);
}

function footer() {
  const { run } = evidence;
  const versions = Object.entries(run.versions ?? {}).map(([name, version]) => `${name} ${version}`).join(" · ");
  const created = String(run.created ?? "").replace("T", " ").replace(/(:\d\d)[.+Z].*$/, "$1");
  return el(
    "footer",
    {},
    run.created ? el("p", {}, t("made", { created, seconds: duration(run.seconds), device: run.device ?? "–" })) : null,
    versions ? el("p", {}, versions) : null,
    el("p", {}, t("files")),
  );
}
