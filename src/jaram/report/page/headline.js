// What was trained, how good it became, and how the training ended.

const PARTS = ["test", "valid", "train"];
const MAIN = {
  regression: ["r2", "rmse"],
  binary: ["accuracy"],
  multiclass: ["accuracy"],
  multilabel: ["label_accuracy", "exact_match"],
  tagging: ["accuracy"],
  language: ["bits_per_unit"],
};
const METRICS = [
  "accuracy",
  "balanced_accuracy",
  "label_accuracy",
  "exact_match",
  "f1",
  "roc_auc",
  "log_loss",
  "bits_per_unit",
  "perplexity",
  "r2",
  "rmse",
  "mae",
  "loss",
];

function headline() {
  const { run, task } = evidence;
  const target = isList(task.target_names) ? task.target_names.join(", ") : null;
  return el(
    "header",
    {},
    el(
      "div",
      { class: "top" },
      el("p", { class: "eyebrow" }, `${t("training_report")} · ${evidence.name}`),
      languages(),
    ),
    el("h1", {}, aim(target)),
    task.kind && has(`task_${task.kind}`) ? el("p", { class: "task" }, taskSentence(task)) : null,
    el(
      "div",
      { class: "score" },
      score(),
      el("div", { class: "verdict" }, verdict(run), metricTable()),
    ),
  );
}

// Answers that were given no name are called y, those that folders name are called class.
function aim(target) {
  const { intake } = evidence.summary;
  if (intake?.kind === "forecast") return t("head_forecast", intake);
  if (evidence.task.kind === "language") return t("head_language");
  const nameless = !target || target === "y" || target === "class";
  if (nameless && has(`head_${evidence.summary.kind}`)) return t(`head_${evidence.summary.kind}`);
  return target ? t("head_predicting", { target }) : t("head_nameless");
}

function taskSentence(task) {
  const { intake } = evidence.summary;
  if (intake?.kind === "forecast") return t("task_forecast", intake);
  const names = task.classes ?? [];
  const shown = names.slice(0, 10).join(", ");
  const rest = names.length > 10 ? `, ${t("and_more", { count: names.length - 10 })}` : "";
  return t(`task_${task.kind}`, { count: names.length, classes: shown + rest });
}

// The metrics of the kept weights by part; of the last epoch while there are none yet.
function metricsByPart() {
  const named =
    evidence.run.metrics && Object.keys(evidence.run.metrics).length
      ? evidence.run.metrics
      : lastEpoch();
  const found = {};
  for (const [key, value] of Object.entries(named)) {
    const [part, name] = key.split("/");
    if (name && PARTS.includes(part) && typeof value === "number")
      (found[part] ??= {})[name] = value;
  }
  return found;
}

function lastEpoch() {
  const entries = Object.entries(evidence.history).map(([key, values]) => [key, values.at(-1)]);
  return Object.fromEntries(entries);
}

function score() {
  const found = metricsByPart();
  const part = PARTS.find((name) => found[name]);
  if (!part) return null;
  const main =
    (MAIN[evidence.task.kind] ?? METRICS).find((name) => name in found[part]) ??
    Object.keys(found[part])[0];
  return el(
    "div",
    { class: "big" },
    el("strong", {}, metric(main, found[part][main])),
    el(
      "span",
      {},
      `${label("metric", main)} `,
      el("small", {}, t("on_part", { part: t(`part_${part}`) })),
    ),
    main === "accuracy" ? baseline() : null,
  );
}

// The honest rival of an accuracy: the share of the most frequent class among the evaluated examples.
function baseline() {
  const matrix = evidence.results.confusion?.matrix;
  if (!isList(matrix)) return null;
  const counts = matrix.map((line) => line.reduce((sum, count) => sum + count, 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total
    ? el("p", { class: "baseline" }, t("baseline", { share: percent(maximum(counts) / total) }))
    : null;
}

function verdict(run) {
  const ended = run.status === "running" ? "running" : (run.result ?? run.status);
  const sentence = has(`verdict_${ended}`)
    ? t(`verdict_${ended}`, { epochs: evidence.epochs })
    : null;
  const kept =
    run.best_epoch && evidence.epochs ? ` ${t("kept_best", { epoch: run.best_epoch })}` : "";
  return sentence ? el("p", { class: `ended ${ended}` }, sentence, kept) : null;
}

function metricTable() {
  const found = metricsByPart();
  const parts = ["train", "valid", "test"].filter((part) => found[part]);
  const names = [...new Set(parts.flatMap((part) => Object.keys(found[part])))];
  names.sort((a, b) => ((METRICS.indexOf(a) + 99) % 99) - ((METRICS.indexOf(b) + 99) % 99));
  if (!names.length) return null;
  const lines = names.map((name) => [
    label("metric", name),
    ...parts.map((part) => ["n", metric(name, found[part][name])]),
  ]);
  return tabulate(["", ...parts.map((part) => ["n", t(`part_${part}`)])], lines, "metrics");
}
