// What the doctor found, as cards.

function findingsSection() {
  const { findings, is_diagnosed, run } = evidence;
  if (!findings.length) {
    if (run.status !== "finished") return null;
    const none = t(is_diagnosed ? "findings_healthy" : "findings_none");
    return section("findings", null, el("p", {}, none), notJudged());
  }
  return section(
    "findings",
    t("findings_is"),
    el("div", { class: "cards" }, findings.map(card)),
    notJudged(),
  );
}

function notJudged() {
  const names = evidence.unknown.map((name) => name[state.lang]).join(", ");
  return names ? el("p", { class: "note" }, `${t("findings_unknown")}: ${names}`) : null;
}

function card(finding) {
  const { lang } = state;
  return el(
    "article",
    { class: `card ${finding.severity}` },
    el("p", { class: "severity" }, t(`severity_${finding.severity}`)),
    el("h3", {}, finding.what[lang]),
    el(
      "div",
      { class: finding.picture ? "told" : "" },
      el(
        "div",
        {},
        finding.why[lang] ? el("p", {}, finding.why[lang]) : null,
        finding.fix[lang]
          ? el("p", { class: "fix" }, el("b", {}, `${t("remedies")} `), finding.fix[lang])
          : null,
        seenWith(finding.symptoms),
        finding.rows[lang] ? el("p", {}, finding.rows[lang]) : null,
        finding.numbers[lang]
          ? el("p", { class: "numbers" }, `${t("evidence")}: ${finding.numbers[lang]}`)
          : null,
      ),
      finding.picture ? smallPlot(finding.picture) : null,
    ),
  );
}

function seenWith(symptoms) {
  if (!isList(symptoms)) return null;
  return el(
    "div",
    { class: "symptoms" },
    el("p", {}, t("seen_with_it")),
    el(
      "ul",
      {},
      symptoms.map((symptom) => el("li", {}, symptom[state.lang])),
    ),
  );
}

// The curves that show a finding; on a logarithmic scale where they span more than a power of ten.
function smallPlot({ epochs, lines, mark }) {
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const low = Math.min(...known);
  const colour = (index) =>
    lines.length < 3
      ? css(index ? "--valid" : "--train")
      : layerColour(index, lines.length);
  return chart({
    height: 130,
    x: epochs,
    whole: true,
    log: low > 0 && maximum(known) > 10 * low,
    mark,
    place: (epoch) => `${t("epoch")} ${epoch}`,
    curves: lines.map(({ label, values }, index) => ({
      label: label[state.lang],
      values,
      colour: colour(index),
      width: 1.8,
    })),
  });
}
