// The report of a search: what was found, what mattered, and a picture of every trial.

const study = evidence;
const MOST_DOTS = 800;
const FIRST_ROWS = 25;
const MORE_ROWS = 500;
state.marked = study.winner; // the place of the trial that is drawn above the others
const isOne = study.is_one_training; // its trials are the stages of one training, told in order
state.sorted = isOne ? { column: "number", down: false } : { column: "score", down: true };
state.rows = FIRST_ROWS;

// The lowest score that counts may be lower still, unless it is a share.
const showScore = (value) => {
  if (study.is_share) return percent(value);
  return value !== null && value <= study.worst ? `≤ ${fixed(value)}` : fixed(value);
};
const scoreTick = (value, step) =>
  study.is_share ? percent(value, step < 0.0099 ? 1 : 0) : num(Number(value.toPrecision(6)));
const scoreName = () => `${label("metric", study.metric)} (${t(`part_${study.part}`)})`;
const scoreShare = (score) => (score - study.low) / (study.high - study.low);
const isKnown = (value) => value !== null && value !== undefined;
const shortName = (path) => path.replace(/^optimizer[|.]/, "");
const plainPercent = (share) => (100 * share).toFixed(0);

// The range of scores that a picture reaches over: the dull ones lie at its foot.
function scoreSpan() {
  const pad = 0.06 * (study.high - study.low);
  return [study.low - pad, study.high + pad];
}

function searchHead() {
  const { score, values } = study;
  return el(
    "header",
    {},
    el("div", { class: "top" }, el("p", { class: "eyebrow" }, `${t("search_report")} · ${study.name}`), languages()),
    el("h1", {}, t(isOne ? "stages_title" : "study_title", { count: whole(study.trials.score.length) })),
    el(
      "div",
      { class: "score" },
      score
        ? el(
            "div",
            { class: "big" },
            el("strong", {}, showScore(score.mean)),
            el("span", {}, scoreName()),
            el("p", { class: "baseline" }, t("fresh_seeds", { seeds: score.seeds, low: showScore(score.low), high: showScore(score.high) })),
          )
        : null,
      el(
        "div",
        { class: "verdict" },
        isList(values)
          ? tabulate([t("winning_values"), ""], values.map(([path, value]) => [path, ["words", value]]), "lines")
          : null,
      ),
    ),
    el("ul", { class: "conclusion" }, study.told[state.lang].map((line) => el("li", { class: line.startsWith(" ") ? "inside" : null }, line.trim()))),
  );
}

function importanceOfDimensions() {
  if (!isList(study.importance)) return null;
  const most = Math.max(...study.importance.map(({ high }) => high ?? 0), 0.01);
  const bar = (name, { importance, low, high }) => {
    const at = (value) => `${(100 * value) / most}%`;
    const body = el("span", { class: "body" });
    body.style.width = at(importance);
    const spread = el("span", { class: "spread" });
    spread.style.left = at(low);
    spread.style.width = at(high - low);
    return el(
      "li",
      {},
      el("span", { class: "label", title: name }, name),
      el("span", { class: "bar" }, body, spread),
      el("span", { class: "value" }, `${percent(importance, 0)} (${plainPercent(low)}–${plainPercent(high)})`),
    );
  };
  const joint = study.joint.filter(({ importance }) => importance >= 0.005);
  return section(
    "mattered",
    t("mattered_is"),
    el("ol", { class: "bars" }, study.importance.map((row) => bar(row.path, row))),
    joint.length
      ? subsection("together", t("together_is"), el("ol", { class: "bars" }, joint.map((row) => bar(`${shortName(row.first)} × ${shortName(row.second)}`, row))))
      : null,
  );
}

// Every curve, coloured by the learning rate where that was varied.
function allCurves() {
  const { colour, curves, epochs } = study;
  if (!isList(epochs) || !colour) return null;
  const points = curves.flat().filter(isKnown);
  const sorted = Float64Array.from(points).sort();
  const low = sorted[Math.floor(0.02 * sorted.length)];
  const high = sorted.at(-1);
  const pad = 0.04 * (high - low || 1);
  const [bottom, top] = [low - pad, high + pad];
  const paint = (ctx, width, height) => {
    const area = plotArea(width, height, { left: 62, bottom: 36 });
    const last = Math.max(2, epochs.at(-1));
    const x = (epoch) => area.x((epoch - 1) / (last - 1));
    const y = (score) => area.y((score - bottom) / (top - bottom));
    drawAxes(ctx, area, {
      xTicks: roundTicks(1, last, (value) => (Number.isInteger(value) ? String(value) : "")),
      yTicks: roundTicks(bottom, top, scoreTick),
      xName: t("epoch"),
    });
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.width, area.height);
    ctx.clip();
    const paintOf = ramp(LAYER_STOPS);
    const drawCurve = (curve) => {
      ctx.beginPath();
      curve.forEach((score, place) => isKnown(score) && ctx.lineTo(x(epochs[place]), y(score)));
      ctx.stroke();
      const end = curve.findLastIndex(isKnown);
      if (end >= 0 && (!end || end < curve.length - 1) && curves.length < 300) {
        ctx.fillStyle = ctx.strokeStyle;
        dot(ctx, x(epochs[end]), y(curve[end]), 1.8);
      }
    };
    ctx.lineWidth = curves.length > 1000 ? 0.7 : 1.1;
    ctx.globalAlpha = Math.max(0.12, Math.min(0.85, 60 / curves.length));
    curves.forEach((curve, trial) => {
      const place = colour.places[trial];
      ctx.strokeStyle = isKnown(place) ? paintOf(place) : css("--guide");
      drawCurve(curve);
    });
    ctx.globalAlpha = 1;
    if (isKnown(state.marked)) outlined(ctx, () => drawCurve(curves[state.marked]));
    ctx.restore();
  };
  const name = has(`axis_${colour.name}`) ? t(`axis_${colour.name}`) : colour.name;
  const key = isOne ? "every_stage" : "every_curve";
  return section(
    key,
    t(`${key}_is`, { colour: name, metric: scoreName() }),
    el("figure", { class: "wide" }, panel(t(key), 360, paint), colourBar(name, colour.ticks, () => ramp(LAYER_STOPS))),
  );
}

// The marked trial: ink with a rim of paper, so that it is seen on any ground.
function outlined(ctx, draw) {
  ctx.strokeStyle = css("--paper");
  ctx.lineWidth = 5;
  draw();
  ctx.strokeStyle = css("--ink");
  ctx.lineWidth = 2;
  draw();
}

// So many trials that dots can be told apart, evenly out of all, the marked one last.
function dotted() {
  const count = study.trials.score.length;
  const each = Math.max(1, Math.ceil(count / MOST_DOTS));
  const found = [];
  for (let trial = 0; trial < count; trial += each) found.push(trial);
  return isKnown(state.marked) ? [...found.filter((one) => one !== state.marked), state.marked] : found;
}

function drawDots(ctx, at) {
  const paintOf = ramp(SCORE_STOPS);
  const trials = dotted();
  const radius = trials.length > 300 ? 2 : 3;
  for (const trial of trials) {
    const place = at(trial);
    if (!place) continue;
    const isMarked = trial === state.marked;
    ctx.fillStyle = css(isMarked ? "--test" : "--paper");
    dot(ctx, ...place, radius + (isMarked ? 3 : 0.8));
    ctx.fillStyle = paintOf(scoreShare(study.trials.score[trial]));
    dot(ctx, ...place, radius);
  }
}

function marginals() {
  if (!isList(study.marginals)) return null;
  const [low, high] = scoreSpan();
  const share = (score) => Math.max(0.01, Math.min(0.99, (score - low) / (high - low)));
  const figures = study.marginals.map((one) => {
    const axis = study.axes[one.axis];
    const paint = (ctx, width, height) => {
      const area = plotArea(width, height, { left: 50, bottom: 20 });
      drawAxes(ctx, area, { xTicks: axis.ticks, yTicks: roundTicks(low, high, scoreTick) });
      drawDots(ctx, (trial) => {
        const place = axis.places[trial];
        return isKnown(place) ? [area.x(place), area.y(share(study.trials.score[trial]))] : null;
      });
      drawEffect(ctx, area, one, axis, share);
    };
    return el("figure", {}, el("figcaption", {}, axis.name), panel(axis.name, 190, paint));
  });
  return section("marginals", t("marginals_is"), el("div", { class: "grid" }, figures));
}

function drawEffect(ctx, area, { at, mean, low, high }, axis, share) {
  ctx.strokeStyle = ctx.fillStyle = css("--test");
  ctx.lineWidth = 2;
  if (axis.is_choice) {
    const half = (0.36 * area.width) / at.length;
    at.forEach((place, index) => {
      const [x, y] = [area.x(place), area.y(share(mean[index]))];
      path(ctx, x - half, y, x + half, y);
      path(ctx, x, area.y(share(low[index])), x, area.y(share(high[index])));
    });
    return;
  }
  ctx.globalAlpha = 0.2;
  ctx.beginPath();
  at.forEach((place, index) => ctx.lineTo(area.x(place), area.y(share(high[index]))));
  [...at.keys()].reverse().forEach((index) => ctx.lineTo(area.x(at[index]), area.y(share(low[index]))));
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.beginPath();
  at.forEach((place, index) => ctx.lineTo(area.x(place), area.y(share(mean[index]))));
  ctx.stroke();
}

function pairwise() {
  if (!isList(study.pairs)) return null;
  const figures = study.pairs.map(({ first, second, surface, interaction }) => {
    const [across, up] = [study.axes[first], study.axes[second]];
    const paint = (ctx, width, height) => {
      const area = plotArea(width, height, { left: 66, bottom: 36 });
      const paintOf = ramp(SCORE_STOPS);
      const [columns, lines] = [surface.length, surface[0].length];
      surface.forEach((column, i) =>
        column.forEach((score, j) => {
          ctx.fillStyle = paintOf(scoreShare(score));
          const [x, y] = [area.x(i / columns), area.y((j + 1) / lines)];
          ctx.fillRect(x, y, area.width / columns + 0.6, area.height / lines + 0.6);
        }),
      );
      drawAxes(ctx, area, { xTicks: across.ticks, yTicks: up.ticks, xName: shortName(across.name) });
      drawDots(ctx, (trial) => {
        const [x, y] = [across.places[trial], up.places[trial]];
        return isKnown(x) && isKnown(y) ? [area.x(x), area.y(y)] : null;
      });
    };
    return el(
      "figure",
      {},
      el("figcaption", {}, `${shortName(up.name)} × ${shortName(across.name)}`),
      el("p", { class: "note" }, t("only_together", { share: percent(interaction, 0) })),
      panel(`${up.name}, ${across.name}`, 270, paint),
    );
  });
  return section("pairwise", t("pairwise_is"), el("div", { class: "grid" }, figures), scoreBar());
}

const scoreBar = () =>
  colourBar(scoreName(), roundTicks(study.low, study.high, scoreTick), () => ramp(SCORE_STOPS));

// Each trial a line across all dimensions to its score, the better ones above.
function parallel() {
  if (study.axes.length < 2 || isOne) return null;
  const { score } = study.trials;
  const order = [...score.keys()].sort((a, b) => score[a] - score[b]);
  const [low, high] = scoreSpan();
  const paint = (ctx, width, height) => {
    const area = plotArea(width, height, { left: 34, right: 52, top: 40, bottom: 10 });
    const axes = [...study.axes, { name: scoreName(), ticks: roundTicks(low, high, scoreTick), places: score.map((one) => Math.max(0, Math.min(1, (one - low) / (high - low)))) }];
    const x = (index) => area.x(index / (axes.length - 1));
    const drawLine = (trial) => {
      ctx.beginPath();
      axes.forEach((axis, index) => {
        const place = axis.places[trial];
        if (isKnown(place)) ctx.lineTo(x(index), area.y(place));
      });
      ctx.stroke();
    };
    const paintOf = ramp(SCORE_STOPS);
    ctx.lineWidth = score.length > 1000 ? 0.6 : 1;
    ctx.globalAlpha = Math.max(0.1, Math.min(0.75, 100 / score.length));
    for (const trial of order) {
      ctx.strokeStyle = paintOf(scoreShare(score[trial]));
      drawLine(trial);
    }
    ctx.globalAlpha = 1;
    if (isKnown(state.marked)) outlined(ctx, () => drawLine(state.marked));
    axes.forEach((axis, index) => drawUpright(ctx, area, x(index), axis, index, area.width / (axes.length - 1)));
  };
  return section("parallel", t("parallel_is"), el("figure", { class: "wide" }, panel(t("parallel"), 330, paint)), scoreBar());
}

function drawUpright(ctx, area, x, axis, index, room) {
  ctx.strokeStyle = css("--guide");
  ctx.lineWidth = 1;
  path(ctx, x, area.top, x, area.top + area.height);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  for (const [share, text] of axis.ticks) {
    const shown = cut(ctx, text, Math.max(30, room - 14));
    ctx.fillStyle = css("--paper");
    ctx.globalAlpha = 0.75;
    ctx.fillRect(x + 3, area.y(share) - 6, ctx.measureText(shown).width + 3, 12);
    ctx.globalAlpha = 1;
    ctx.fillStyle = css("--soft");
    ctx.fillText(shown, x + 4, area.y(share));
  }
  ctx.fillStyle = css("--ink");
  ctx.textAlign = index === 0 ? "left" : "center";
  const parts = shortName(axis.name).split(/(?<=[|.\]])|(?= \()/);
  const lines = [parts.slice(0, -1).join(""), parts.at(-1)].filter(Boolean);
  lines.forEach((line, row) => ctx.fillText(cut(ctx, line.trim(), Math.max(40, room)), index === 0 ? 2 : x, area.top - 10 - 13 * (lines.length - 1 - row)));
  ctx.textAlign = "left";
}

// The trials, sorted by the column that was asked for; a click on a row marks it in every picture.
function trialTable() {
  const { trials } = study;
  const columns = [
    { key: "number", name: t(isOne ? "stage" : "trial"), values: trials.number, show: String },
    { key: "score", name: scoreName(), values: trials.score, show: showScore },
    ...study.columns.map(({ name, values }) => ({ key: name, name: shortName(name), title: name, values, show: (value) => (value === null ? "" : shownValue(value)) })),
    { key: "epochs", name: t("epochs"), values: trials.epochs, show: String },
    { key: "status", name: t("status"), values: trials.status, show: (value) => label("status", value), isWord: true },
  ];
  const { column, down } = state.sorted;
  const { values } = columns.find(({ key }) => key === column);
  const compare = (a, b) => {
    if (values[a] === null || values[b] === null) return (values[a] === null) - (values[b] === null);
    const order = values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0;
    return down ? -order : order;
  };
  const order = [...trials.score.keys()].sort(compare);
  const sortBy = (key) => () => {
    state.sorted = { column: key, down: key === column ? !down : key === "score" };
    replaceTable();
  };
  const isNumber = ({ values: all, isWord }) => !isWord && all.every((value) => value === null || typeof value === "number");
  const head = columns.map((one) =>
    el("th", { scope: "col", class: isNumber(one) ? "n" : null, "aria-sort": one.key === column ? (down ? "descending" : "ascending") : null },
      el("button", { type: "button", class: "sort", title: one.title, click: sortBy(one.key) }, `${one.name}${one.key === column ? (down ? " ↓" : " ↑") : ""}`)),
  );
  const line = (trial) =>
    el("tr", { class: trial === state.marked ? "marked" : null, click: () => mark(trial) },
      columns.map((one) => el("td", { class: isNumber(one) ? "n" : null }, one.show(one.values[trial]))));
  const rest = order.length - state.rows;
  const more = () => {
    state.rows += MORE_ROWS;
    replaceTable();
  };
  return el(
    "div",
    { id: "trial_table" },
    el("div", { class: "scroll" }, el("table", { class: "lines trials" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, order.slice(0, state.rows).map(line)))),
    rest > 0 ? el("button", { type: "button", class: "toggle more", click: more }, t("show_more", { count: whole(Math.min(rest, MORE_ROWS)), rest: whole(rest) })) : null,
  );
}

const shownValue = (value) => (typeof value === "number" ? num(value) : String(value));
const replaceTable = () => document.getElementById("trial_table").replaceWith(trialTable());

function mark(trial) {
  state.marked = trial;
  replaceTable();
  watchPanels();
}

function render() {
  const offset = window.scrollY;
  panels.length = 0;
  document.documentElement.lang = state.lang;
  document.title = `${study.name} · ${t("search_report")}`;
  const sections = [importanceOfDimensions, allCurves, marginals, pairwise, parallel].map((make) => make());
  const table = isOne ? "stages" : "trials";
  document
    .getElementById("report")
    .replaceChildren(searchHead(), ...sections.filter(Boolean), ...(isKnown(study.winner) ? [] : [el("p", { class: "is", id: "all_diverged" }, t("all_diverged"))]), section(table, t(`${table}_is`), trialTable()), el("footer", {}, el("p", {}, t("study_files"))));
  watchPanels();
  window.scrollTo(0, offset);
}
