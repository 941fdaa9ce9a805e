// How much the loss hears of each step that a recurrent layer reads.

function throughTimeSection() {
  if (!isList(evidence.through_time)) return null;
  return section(
    "through_time",
    t("through_time_is"),
    el("div", { class: "grid" }, evidence.through_time.map(heardChart)),
  );
}

function heardChart({ number, name, steps, first, best }) {
  return chart({
    title: `${number} ${name}`,
    x: steps,
    height: 260,
    whole: true,
    wide: true,
    log: true,
    xLabel: t("steps_back"),
    place: (step) => `${t("steps_back")} ${step}`,
    format: num,
    tick: num,
    curves: [
      { label: t("through_time_first"), values: first, colour: css("--train"), dash: [5, 4] },
      { label: t("through_time_best"), values: best, colour: css("--valid") },
    ],
  });
}
