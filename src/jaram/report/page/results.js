// How the answers compare with the truth: confusion and mistakes, residuals, calibration, importance.

const MOST_CLASSES = 20;
const MOST_BARS = 25;

function confusionSection() {
  const { confusion, mistakes } = evidence.results;
  if (!isList(confusion?.matrix)) return null;
  const counts = confusion.matrix.map((line) => line.reduce((sum, count) => sum + count, 0));
  const wrong = confusion.matrix.map((line, index) => counts[index] - line[index]);
  let order = confusion.matrix.map((_, index) => index);
  if (order.length > MOST_CLASSES) {
    const worst = [...order].sort((a, b) => wrong[b] - wrong[a]).slice(0, MOST_CLASSES);
    order = worst.sort((a, b) => a - b);
  }
  const name = (index) => String(confusion.classes?.[index] ?? index);
  const head = (index) =>
    el(
      "th",
      {
        scope: "col",
        class: order.length > 3 && (name(index).length > 5 || order.length > 12) ? "tall" : "",
      },
      el("span", {}, name(index)),
    );
  const cells = (truth) =>
    order.map((answer) => {
      const count = confusion.matrix[truth][answer];
      const share = counts[truth] ? count / counts[truth] : 0;
      const node = el(
        "td",
        {
          class: `${truth === answer ? "hit" : "miss"}${share > 0.55 ? " deep" : ""}`,
          title: percent(share),
        },
        count ? whole(count) : "·",
      );
      node.style.setProperty("--share", count ? 0.08 + 0.92 * share : 0);
      return node;
    });
  const line = (truth) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", title: name(truth) }, el("span", {}, name(truth))),
      cells(truth),
      el(
        "td",
        { class: "recall" },
        counts[truth] ? percent(confusion.matrix[truth][truth] / counts[truth], 0) : "–",
      ),
    );
  const table = el(
    "table",
    { class: `confusion${order.length > 12 ? " dense" : ""}${order.length > 5 ? " many" : ""}` },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el(
          "th",
          { class: "corner", scope: "col" },
          `${t("true_class")} ↓ ${t("predicted_class")} →`,
        ),
        order.map(head),
        el("th", { scope: "col", class: "recall" }, el("span", {}, t("right_share"))),
      ),
    ),
    el("tbody", {}, order.map(line)),
  );
  return section(
    "confusion",
    t("confusion_is"),
    order.length < confusion.matrix.length
      ? el(
          "p",
          { class: "note" },
          t("confusion_cut", { count: confusion.matrix.length, shown: order.length }),
        )
      : null,
    el("div", { class: "scroll" }, table),
    el("div", { class: "grid" }, mixups(confusion, name), mistakesTable(mistakes)),
  );
}

function mixups(confusion, name) {
  const pairs = confusion.matrix.flatMap((line, truth) =>
    line.map((count, answer) => ({ truth, answer, count })),
  );
  const worst = pairs
    .filter(({ truth, answer, count }) => truth !== answer && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 6);
  if (confusion.matrix.length < 3 || !worst.length) return null;
  const lines = worst.map(({ truth, answer, count }) => [
    t("mixup", { true: name(truth), predicted: name(answer) }),
    ["n", whole(count)],
  ]);
  return subsection("mixups", null, tabulate(["", ["n", t("count")]], lines));
}

function mistakesTable(mistakes) {
  if (!isList(mistakes)) return null;
  const named = mistakes.some(({ name }) => name);
  const lines = mistakes
    .slice(0, 12)
    .map((mistake) => [
      named ? String(mistake.name ?? "–") : ["n", String(mistake.row ?? "–")],
      String(mistake.true ?? ""),
      String(mistake.predicted ?? ""),
      ["n", typeof mistake.probability === "number" ? percent(mistake.probability) : "–"],
    ]);
  return subsection(
    "mistakes",
    named ? t("mistakes_named_is") : t("mistakes_is"),
    tabulate([named ? t("named") : ["n", t("row")], t("true_class"), t("predicted_class"), ["n", t("sureness")]], lines),
  );
}

function residualsSection() {
  const { residuals } = evidence.results;
  if (!isList(residuals?.true) || !isList(residuals.predicted)) return null;
  const columns = Array.isArray(residuals.true[0]) ? residuals.true[0].length : 1;
  const pick = (values, column) =>
    values.map((value) => (Array.isArray(value) ? value[column] : value));
  const charts = Array.from({ length: columns }, (_, column) =>
    scatters(
      pick(residuals.true, column),
      pick(residuals.predicted, column),
      columns > 1 ? evidence.task.target_names?.[column] : null,
    ),
  );
  const { intake } = evidence.summary;
  const explained =
    intake?.kind === "forecast"
      ? t("residuals_first_is")
      : t("residuals_is");
  return section("residuals", explained, el("div", { class: "grid" }, charts));
}

function scatters(truth, predicted, name) {
  const pairs = truth
    .map((value, index) => [value, predicted[index]])
    .filter(([a, b]) => typeof a === "number" && typeof b === "number");
  const cloud = (points, key, xKey, options) => {
    points.sort((a, b) => a[0] - b[0]);
    return chart({
      title: [name, options.title].filter(Boolean).join(" · "),
      note: options.note,
      x: points.map((point) => point[0]),
      points: true,
      square: true,
      height: 300,
      place: (x) => `${t(xKey)} ${num(x)}`,
      curves: [
        {
          label: t(key),
          values: points.map((point) => point[1]),
          colour: rgb(css("--valid")),
          points: true,
        },
      ],
      ...options.more,
    });
  };
  return [
    cloud(
      pairs.map(([a, b]) => [a, b]),
      "predicted_value",
      "true_value",
      {
        title: t("residual_points"),
        more: { diagonal: true, xLabel: t("true_value"), yLabel: t("predicted_value") },
      },
    ),
    cloud(
      pairs.map(([a, b]) => [b, b - a]),
      "error_value",
      "predicted_value",
      {
        title: t("residual_errors"),
        note: t("residual_errors_is"),
        more: { level: 0, xLabel: t("predicted_value"), yLabel: t("error_value") },
      },
    ),
  ];
}

const rgb = (hex) => `rgb(${channels(hex).join(", ")})`;

// Of two classes, the probabilities are those of the second; of more, those of the answers.
function calibrationSentence() {
  const { kind, classes } = evidence.task;
  return kind === "binary" && classes?.length === 2
    ? t("calibration_binary_is", { label: classes[1] })
    : t("calibration_is");
}

function calibrationSection() {
  const bins = evidence.results.calibration;
  if (!isList(bins)) return null;
  const sorted = bins
    .filter((bin) => typeof bin.probability === "number" && typeof bin.share === "number")
    .sort((a, b) => a.probability - b.probability);
  if (!sorted.length) return null;
  const most = maximum(sorted.map((bin) => bin.count ?? 1));
  const radius = (bin) => 3 + 7 * Math.sqrt((bin.count ?? 1) / most);
  return section(
    "calibration",
    calibrationSentence(),
    el(
      "div",
      { class: "half" },
      chart({
        x: sorted.map((bin) => bin.probability),
        unit: true,
        diagonal: true,
        square: true,
        height: 320,
        points: true,
        format: (value) => percent(value, 0),
        tick: percentTick,
        xTick: percentTick,
        xUnit: true,
        xLabel: t("probability"),
        yLabel: t("share_right"),
        place: (x) => {
          const bin = sorted.find(({ probability }) => probability === x);
          return `${t("probability")} ${percent(x, 0)}${bin?.count === undefined ? "" : ` · ${whole(bin.count)} ${t("count")}`}`;
        },
        after: (plot) => discs(plot, sorted, radius),
        curves: [
          {
            label: t("share_right"),
            values: sorted.map((bin) => bin.share),
            colour: css("--valid"),
            width: 1.4,
          },
        ],
      }),
    ),
  );
}

// Discs whose area tells how many examples stand behind a point.
function discs(plot, bins, radius) {
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = css("--valid");
  ctx.globalAlpha = 0.8;
  for (const bin of bins) {
    ctx.beginPath();
    ctx.arc(
      plot.valToPos(bin.probability, "x", true),
      plot.valToPos(bin.share, "y", true),
      radius(bin) * devicePixelRatio,
      0,
      2 * Math.PI,
    );
    ctx.fill();
  }
  ctx.restore();
}

function importanceSection() {
  const columns = evidence.importance
    .filter(({ drop }) => typeof drop === "number")
    .sort((a, b) => b.drop - a.drop);
  if (!columns.length) return null;
  const ends = columns.map(({ drop, std }) => drop + (std ?? 0));
  const low = Math.min(0, ...columns.map(({ drop, std }) => drop - (std ?? 0)));
  const width = Math.max(maximum(ends), 0) - low || 1;
  const at = (value) => `${(100 * (value - low)) / width}%`;
  const name = evidence.importance_metric;
  const format = (value) => (PERCENT.has(name) ? percent(value) : num(value));
  const bar = ({ column, drop, std }) => {
    const body = el("span", { class: `body${drop < 0 ? " negative" : ""}` });
    body.style.left = at(Math.min(0, drop));
    body.style.width = `${(100 * Math.abs(drop)) / width}%`;
    const spread = el("span", { class: "spread" });
    spread.style.left = at(drop - (std ?? 0));
    spread.style.width = `${(200 * (std ?? 0)) / width}%`;
    return el(
      "li",
      {},
      el("span", { class: "label", title: column }, String(column)),
      el("span", { class: "bar" }, body, std ? spread : null),
      el(
        "span",
        { class: "value" },
        `${format(drop)}${std ? ` ± ${format(std).replace(" %", "")}` : ""}`,
      ),
    );
  };
  const rest = columns.length - MOST_BARS;
  return section(
    "importance",
    t("importance_is", { metric: name ? label("metric", name) : "" }),
    el("ol", { class: "bars" }, columns.slice(0, MOST_BARS).map(bar)),
    rest > 0 ? el("p", { class: "note" }, t("and_more", { count: rest })) : null,
  );
}
