// What the doctor found, as cards.

function findingsSection() {
  if (!evidence.findings.length) {
    const finished = evidence.run.status === "finished";
    return finished ? section("findings", null, el("p", {}, t("findings_none"))) : null;
  }
  return section(
    "findings",
    t("findings_is"),
    el("div", { class: "cards" }, evidence.findings.map(card)),
  );
}

function card(finding) {
  const { lang } = state;
  const numbers = Object.entries(finding.evidence).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${shown(value)}`,
  );
  return el(
    "article",
    { class: `card ${finding.severity}` },
    el("p", { class: "severity" }, t(`severity_${finding.severity}`)),
    el("h3", {}, finding.what[lang]),
    finding.why[lang] ? el("p", {}, finding.why[lang]) : null,
    finding.fix[lang]
      ? el("p", { class: "fix" }, el("b", {}, `${t("remedies")} `), finding.fix[lang])
      : null,
    numbers.length
      ? el("p", { class: "numbers" }, `${t("evidence")}: ${numbers.join(" · ")}`)
      : null,
  );
}

function shown(value) {
  if (typeof value === "number") return num(value);
  return Array.isArray(value) ? value.slice(0, 8).map(shown).join(", ") : String(value);
}
