// What was tried against the findings, and what it gained.

function treatmentSection() {
  const { treatment } = evidence;
  if (!treatment) return null;
  return section(
    "treatment",
    isList(treatment.verdicts) ? t("treatment_is") : null,
    el(
      "ul",
      { class: "conclusion" },
      treatment.conclusion[state.lang].map((line) => el("li", {}, line)),
    ),
    otherRun(treatment),
    changeList(treatment),
    treatment.curves ? treatmentChart(treatment) : null,
    isList(treatment.verdicts) ? verdictTable(treatment) : null,
  );
}

// From the run as it was to the treated one, and back.
function otherRun({ runs }) {
  const [key, path] = runs.before === "." ? ["treated_run", runs.after] : ["sick_run", runs.before];
  if (!path || path === ".") return null;
  const href = `${path.split("/").map(encodeURIComponent).join("/")}/report.html`;
  return el("p", { class: "other" }, `${t(key)}: `, el("a", { href }, path.split("/").at(-1)));
}

function changeList({ changes }) {
  if (!changes) return null;
  return subsection(
    "changes",
    null,
    el(
      "ul",
      { class: "changes" },
      changes[state.lang].map((line) => el("li", {}, line)),
    ),
  );
}

function treatmentChart({ curves, metric, is_share, part, seeds }) {
  const arms = [
    { name: "control", colour: css("--train"), dash: [5, 4] },
    { name: "treated", colour: css("--accent") },
  ];
  const ends = arms.flatMap(({ name }) => [...curves[name].low, ...curves[name].high]);
  const known = ends.filter((value) => value !== null);
  return chart({
    title: `${label("metric", metric)} · ${t(`part_${part}`)}`,
    note: t("bands_are", { seeds }),
    wide: true,
    height: 260,
    x: curves.epochs,
    whole: true,
    place: (epoch, idle) => (idle ? "" : `${t("epoch")} ${epoch}`),
    format: is_share ? (value) => percent(value) : fixed,
    tick: is_share ? percentTick : num,
    span: [Math.min(...known), maximum(known)],
    before: (plot) =>
      arms.forEach(({ name, colour }) => drawBand(plot, curves.epochs, curves[name], colour)),
    curves: arms.map(({ name, colour, dash }) => ({
      label: t(`arm_${name}`),
      values: curves[name].mean,
      colour,
      dash,
      width: 2.2,
    })),
  });
}

// The area between the low and the high end of a curve.
function drawBand(plot, x, { low, high }, colour) {
  const places = x.map((_, index) => index).filter((index) => low[index] !== null);
  if (places.length < 2) return;
  const { ctx } = plot;
  const at = (index, values) => [
    plot.valToPos(x[index], "x", true),
    plot.valToPos(values[index], "y", true),
  ];
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.beginPath();
  places.forEach((index) => ctx.lineTo(...at(index, high)));
  places.reverse().forEach((index) => ctx.lineTo(...at(index, low)));
  ctx.closePath();
  ctx.globalAlpha = 0.18;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.restore();
}

function verdictTable(treatment) {
  const { control, verdicts, more, is_share } = treatment;
  const score = (value) => (is_share ? percent(value) : fixed(value));
  const lines = verdicts.map((verdict) => [
    [verdict.accepted ? "words accepted" : "words", verdict.remedies[state.lang]],
    ["n", score(verdict.score)],
    ["n", points(verdict.gain.mean)],
    ["gain", gainBar(verdict.gain, verdicts)],
    ["values cured", curedWords(verdict)],
  ]);
  const before = [["values", t("as_it_was")], ["n", control], ["n", ""], "", ""];
  const heads = [
    t("remedy"),
    ["n", t("trial_score")],
    ["n", t("gain")],
    t("gain_interval"),
    t("cured"),
  ];
  return subsection(
    "tried",
    t("tried_is"),
    tabulate(heads, [before, ...lines], "lines verdicts"),
    more ? el("p", { class: "note" }, t("and_more", { count: more })) : null,
  );
}

const points = (value) =>
  value === null ? "–" : `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`.replace("-", "−");

const curedWords = (verdict) =>
  verdict.cured === null
    ? t("dropped_at", { share: percent(verdict.share, 0) })
    : t(verdict.cured ? "cured_yes" : "cured_no");

// The interval of a gain as a bar about its mean; intervals wider than the scale are cut off.
function gainBar(gain, verdicts) {
  const most = Math.max(0.02, ...verdicts.map((verdict) => Math.abs(verdict.gain.mean))) * 1.25;
  const place = (value) => 50 + (50 * Math.max(-most, Math.min(most, value))) / most;
  const low = place(gain.low ?? -most);
  const high = place(gain.high ?? most);
  const title =
    gain.low === null ? null : t("from_to", { low: points(gain.low), high: points(gain.high) });
  const body = svg(
    "svg",
    { viewBox: "0 0 100 12", preserveAspectRatio: "none", class: gainClass(gain) },
    svg("line", { x1: 50, x2: 50, y1: 0, y2: 12, class: "zero" }),
    svg("line", { x1: low, x2: Math.max(high, low + 0.8), y1: 6, y2: 6, class: "interval" }),
    svg("line", { x1: place(gain.mean), x2: place(gain.mean), y1: 1.5, y2: 10.5, class: "mean" }),
  );
  return el("span", { title }, body);
}

function gainClass({ low, high }) {
  if (low !== null && low > 0) return "better";
  return high !== null && high < 0 ? "worse" : "open";
}
