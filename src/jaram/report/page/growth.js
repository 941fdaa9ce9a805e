// How much data, how large a network: error by rows, learning curves, bias and variance.

const growth = evidence;
const logShare = (low, high) => (value) => Math.log(value / low) / Math.log(high / low);
const rowTicks = (share) => growth.rows.map((rows) => [share(rows), whole(rows)]);
const errorName = () => t("error_of", { metric: label("metric", growth.metric) });
const errorTick = (value) => num(Number(value.toPrecision(3)));

// 1, 2 and 5 times powers of ten between two errors, as [share, label].
function errorTicks(low, high) {
  const share = logShare(low, high);
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1)
    for (const factor of [1, 2, 5]) {
      const value = factor * 10 ** power;
      if (value >= low && value <= high) found.push([share(value), errorTick(value)]);
    }
  return found;
}

function drawLine(ctx, points) {
  ctx.beginPath();
  points.forEach(([x, y]) => ctx.lineTo(x, y));
  ctx.stroke();
}

function legend(entries) {
  return el(
    "div",
    { class: "legend" },
    entries.map(([name, colour]) => {
      const swatch = el("i");
      swatch.style.setProperty("--swatch", colour);
      return el("span", { class: "entry" }, swatch, name);
    }),
  );
}

function errorByRows() {
  const { rows, sizes, along, baselines } = growth;
  const known = sizes.flatMap(({ errors, law }) => [...errors.flat(), ...(law ? law.mean : [])]);
  const positive = [...known, ...baselines.map(({ error }) => error)].filter((one) => one > 0);
  const [least, most] = [Math.min(...positive) / 1.3, maximum(positive) * 1.2];
  const [across, up] = [logShare(rows[0] / 1.1, along.at(-1)), logShare(least, most)];
  const paint = (ctx, width, height) => {
    const area = plotArea(width, height, { left: 58, bottom: 36 });
    const x = (value) => area.x(across(value));
    const y = (value) => area.y(Math.max(0, up(Math.max(value, least))));
    drawAxes(ctx, area, { xTicks: rowTicks(across), yTicks: errorTicks(least, most), xName: t("training_rows") });
    ctx.strokeStyle = ctx.fillStyle = css("--quiet");
    ctx.setLineDash([4, 4]);
    ctx.textBaseline = "bottom";
    ctx.textAlign = "right";
    for (const { name, error } of baselines) {
      if (!(error > 0)) continue;
      drawLine(ctx, [[area.left, y(error)], [area.left + area.width, y(error)]]);
      ctx.fillText(t(`model_${name}`), area.left + area.width, y(error) - 2);
    }
    ctx.textAlign = "left";
    ctx.setLineDash([]);
    sizes.forEach(({ errors, law }, place) => {
      const colour = layerColour(place, sizes.length);
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.globalAlpha = 0.5;
      for (const seed of errors) seed.forEach((error, index) => dot(ctx, x(rows[index]), y(error), 2.5));
      if (!law) {
        ctx.globalAlpha = 1;
        return;
      }
      if (law.low[0] !== null) {
        ctx.globalAlpha = 0.13;
        ctx.beginPath();
        along.forEach((count, index) => ctx.lineTo(x(count), y(law.high[index])));
        [...along.keys()].reverse().forEach((index) => ctx.lineTo(x(along[index]), y(law.low[index])));
        ctx.fill();
      }
      ctx.globalAlpha = 1;
      ctx.lineWidth = 2;
      const line = along.map((count, index) => [x(count), y(law.mean[index])]);
      const end = along.findLastIndex((count) => count <= rows.at(-1));
      drawLine(ctx, line.slice(0, end + 1));
      ctx.setLineDash([2, 4]);
      drawLine(ctx, line.slice(end));
      ctx.setLineDash([]);
      ctx.lineWidth = 1;
    });
  };
  const entries = sizes.map(({ factor, weights }, place) => [
    t("units_times", { factor: num(factor), weights: whole(weights) }),
    layerColour(place, sizes.length),
  ]);
  return section(
    "error_by_rows",
    t("error_by_rows_is"),
    el("figure", { class: "wide" }, legend(entries), el("p", { class: "note" }, errorName()), panel(t("error_by_rows"), 380, paint)),
  );
}

function curvesByRows() {
  const { rows, curves } = growth;
  const known = curves.flat().filter((value) => value !== null);
  const [least, most] = [0, maximum(known) * 1.02];
  const last = Math.max(2, ...curves.map((curve) => curve.length));
  const paint = (ctx, width, height) => {
    const area = plotArea(width, height, { left: 58, bottom: 36 });
    drawAxes(ctx, area, {
      xTicks: roundTicks(1, last, (value) => (Number.isInteger(value) ? String(value) : "")),
      yTicks: roundTicks(least, most, errorTick),
      xName: t("epoch"),
    });
    ctx.lineWidth = 2;
    curves.forEach((curve, place) => {
      ctx.strokeStyle = layerColour(place, curves.length);
      drawLine(ctx, curve.map((error, epoch) => [area.x(epoch / (last - 1)), area.y(error / most)]));
    });
  };
  const entries = rows.map((count, place) => [whole(count), layerColour(place, rows.length)]);
  return section(
    "curves_by_rows",
    t("curves_by_rows_is"),
    el("figure", { class: "wide" }, legend(entries), el("p", { class: "note" }, errorName()), panel(t("curves_by_rows"), 330, paint)),
  );
}

function biasAndVariance() {
  const { rows, train, valid } = growth;
  const most = maximum([...train, ...valid]) * 1.05 || 1;
  const across = rows.length > 1 ? logShare(rows[0], rows.at(-1)) : () => 0.5;
  const paint = (ctx, width, height) => {
    const area = plotArea(width, height, { left: 58, right: 24, bottom: 36 });
    drawAxes(ctx, area, { xTicks: rowTicks(across), yTicks: roundTicks(0, most, errorTick), xName: t("training_rows") });
    const points = (errors) => errors.map((error, index) => [area.x(across(rows[index])), area.y(error / most)]);
    ctx.fillStyle = css("--valid");
    ctx.globalAlpha = 0.1;
    ctx.beginPath();
    [...points(valid), ...points(train).reverse()].forEach(([x, y]) => ctx.lineTo(x, y));
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.lineWidth = 2;
    for (const [errors, colour] of [[train, "--train"], [valid, "--valid"]]) {
      ctx.strokeStyle = ctx.fillStyle = css(colour);
      drawLine(ctx, points(errors));
      points(errors).forEach(([x, y]) => dot(ctx, x, y, 3));
    }
  };
  const entries = [[t("on_validation"), css("--valid")], [t("on_training"), css("--train")]];
  return section(
    "bias_and_variance",
    t("bias_and_variance_is"),
    el("figure", { class: "wide" }, legend(entries), el("p", { class: "note" }, errorName()), panel(t("bias_and_variance"), 300, paint)),
  );
}

function growthHead() {
  return el(
    "header",
    {},
    el("div", { class: "top" }, el("p", { class: "eyebrow" }, growth.name), languages()),
    el("h1", {}, t("scale_report")),
    el("ul", { class: "conclusion" }, growth.told[state.lang].map((line) => el("li", {}, line))),
  );
}

function render() {
  const offset = window.scrollY;
  panels.length = 0;
  document.documentElement.lang = state.lang;
  document.title = `${growth.name} · ${t("scale_report")}`;
  document
    .getElementById("report")
    .replaceChildren(growthHead(), errorByRows(), curvesByRows(), biasAndVariance());
  watchPanels();
  window.scrollTo(0, offset);
}
