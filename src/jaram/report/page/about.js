// The data, the recipe, what was chosen, and where all this came from.

function dataSection() {
  const { summary } = evidence;
  const facts = [
    ["source", summary.source],
    ["rows", typeof summary.rows === "number" ? whole(summary.rows) : null],
    ["columns", summary.column_count ? whole(summary.column_count) : null],
    ["encoding", summary.encoding],
    ["split", partWords(summary.parts)],
  ].filter(([, value]) => typeof value === "string" && value);
  if (!facts.length && !isList(summary.columns)) return null;
  const notices = summary.notices.map((notice) => notice[state.lang]).filter(Boolean);
  return section(
    "data",
    t("data_is"),
    el(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => el("div", {}, el("dt", {}, t(name)), el("dd", {}, value))),
    ),
    isList(notices)
      ? el(
          "ul",
          { class: "notices" },
          notices.map((notice) => el("li", {}, notice)),
        )
      : null,
    isList(summary.classes) ? classBars(summary.classes) : null,
    columnTable(summary),
  );
}

const partWords = (parts) =>
  ["train", "valid", "test"]
    .filter((part) => parts[part] > 0)
    .map((part) => `${t(`part_${part}`)} ${whole(parts[part])}`)
    .join(" · ");

function classBars(classes) {
  const most = maximum(classes.map(([, count]) => count));
  const bar = ([name, count]) => {
    const body = el("span", { class: "body plain" });
    body.style.width = `${(100 * count) / most}%`;
    return el(
      "li",
      {},
      el("span", { class: "label", title: name }, name),
      el("span", { class: "bar" }, body),
      el("span", { class: "value" }, whole(count)),
    );
  };
  const rest = classes.length - MOST_BARS;
  return subsection(
    "classes",
    null,
    el("ol", { class: "bars" }, classes.slice(0, MOST_BARS).map(bar)),
    rest > 0 ? el("p", { class: "note" }, t("and_more", { count: rest })) : null,
  );
}

// A column of which something is not known leaves a cell empty; one that no column knows is not shown.
function columnTable(summary) {
  if (!isList(summary.columns)) return null;
  const counts = summary.columns.some((column) => typeof column.distinct === "number");
  const role = (column) =>
    ["feature", undefined].includes(column.role)
      ? ""
      : ` · ${label("role", column.role.replaceAll(" ", "_"))}`;
  const lines = summary.columns.map((column) => [
    [column.role === "left out" ? "words out" : "words", String(column.name)],
    label("kind", column.kind ?? "–") + role(column),
    [column.missing > 0 ? "n warn" : "n", whole(column.missing ?? 0)],
    ...(counts ? [["n", typeof column.distinct === "number" ? whole(column.distinct) : ""]] : []),
    ["values", valueWords(column)],
  ]);
  const heads = [
    t("column"),
    t("kind"),
    ["n", t("missing")],
    ...(counts ? [["n", t("distinct")]] : []),
    t("values"),
  ];
  const rest = summary.column_count - summary.columns.length;
  return el(
    "div",
    {},
    tabulate(heads, lines, "lines"),
    rest > 0 ? el("p", { class: "note" }, t("and_more", { count: whole(rest) })) : null,
  );
}

function valueWords(column) {
  if (isList(column.top)) {
    return (
      column.top
        .slice(0, 4)
        .map(([value, count]) => `${value} ${whole(count)}`)
        .join(", ") + (column.top.length > 4 ? ", …" : "")
    );
  }
  if (column.first) return `${column.first} – ${column.last}`;
  if (typeof column.min !== "number") return "";
  return t("range_values", { min: num(column.min), max: num(column.max), mean: num(column.mean) });
}

function askedSection() {
  const { recipe, choices } = evidence;
  if (!recipe && !choices.length) return null;
  const lines = choices.map((choice) => [
    ["words", choice.field],
    ["words", shownValue(choice.value)],
    ["values", choice.why[state.lang]],
  ]);
  return section(
    "asked",
    t("asked_is"),
    choices.length
      ? subsection(
          "choices",
          t("choices_is"),
          el(
            "div",
            { class: "scroll" },
            el(
              "table",
              { class: "lines" },
              el(
                "tbody",
                {},
                lines.map((line) =>
                  el(
                    "tr",
                    {},
                    line.map(([cls, text]) => el("td", { class: cls }, text)),
                  ),
                ),
              ),
            ),
          ),
        )
      : null,
    recipe ? subsection("recipe", null, el("pre", {}, recipe.trim())) : null,
  );
}

function shownValue(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object"
    ? JSON.stringify(value)
    : typeof value === "number"
      ? num(value)
      : String(value);
}

function footer() {
  const { run } = evidence;
  const versions = Object.entries(run.versions ?? {})
    .map(([name, version]) => `${name} ${version}`)
    .join(" · ");
  const created = String(run.created ?? "")
    .replace("T", " ")
    .replace(/(:\d\d)[.+Z].*$/, "$1");
  return el(
    "footer",
    {},
    run.created
      ? el(
          "p",
          {},
          t("made", {
            created,
            seconds: duration(run.seconds ?? evidence.history.seconds?.at(-1)),
            device: run.device ?? "–",
          }),
        )
      : null,
    versions ? el("p", {}, versions) : null,
    el("p", {}, t("files")),
  );
}
