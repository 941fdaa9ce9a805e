// Curves and clouds of points, drawn by uPlot with a readout above, the best epoch marked, drag to zoom.

const drawn = []; // {plot, host, height} of every chart on the page
const waiting = []; // functions that draw a chart once its place is on the page

const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((power) => [
  power,
  2 * power,
  5 * power,
]);

// A figure with one chart.
//   curves: [{label, colour, values, dash, points}]; x: ascending numbers; xLabel: what they are
//   log: whether y is logarithmic; unit: whether y lives in [0, 1]; mark: an x to mark
//   before: draws under the curves; span: [low, high] that y holds at least
//   diagonal: draw y = x; level: draw y = level; square: zoom both ways
//   format: of a y in the readout; tick, xTick: of the axes; xLabel, yLabel: their names
function chart(options) {
  const host = el("div", { class: "plot" });
  const readouts = options.curves.map(() => el("span", { class: "value" }));
  const position = el("span", { class: "position" });
  const legend = el(
    "div",
    { class: "legend" },
    options.curves.map((curve, index) => {
      const swatch = el("i", { class: curve.points ? "dot" : curve.dash ? "dash" : "" });
      swatch.style.setProperty("--swatch", curve.colour);
      const text = el(
        "span",
        { class: "name" },
        options.bare ? curve.label.split(" ")[0] : curve.label,
      );
      return el("span", { class: "entry", title: curve.label }, swatch, text, readouts[index]);
    }),
    position,
  );
  const title = options.title ? el("figcaption", {}, options.title) : null;
  const note = options.note ? el("p", { class: "note" }, options.note) : null;
  waiting.push(() => draw(host, options, readouts, position));
  return el("figure", { class: options.wide ? "wide" : "" }, title, note, legend, host);
}

function draw(host, options, readouts, position) {
  const height = options.height ?? 200;
  const values = options.curves.map((curve) =>
    options.log ? curve.values.map((value) => (value > 0 ? value : null)) : curve.values,
  );
  const plot = new uPlot(
    settings(host, options, readouts, position, height),
    [options.x, ...values],
    host,
  );
  plot.over.addEventListener("touchmove", (event) => followFinger(plot, event), { passive: true });
  plot.over.addEventListener("touchstart", (event) => followFinger(plot, event), { passive: true });
  drawn.push({ plot, host, height });
}

function settings(host, options, readouts, position, height) {
  const format = options.format ?? num;
  const axis = {
    stroke: css("--quiet"),
    font: `11px ${css("--sans")}`,
    grid: { stroke: css("--grid"), width: 1 },
    ticks: { show: false },
    gap: 6,
  };
  const xAxis = { ...axis, size: 30, values: (plot, splits) => splits.map(options.xTick ?? num) };
  const yAxis = {
    ...axis,
    size: widthOf,
    values: (plot, splits) => splits.map((split) => (options.tick ?? num)(split, splits)),
  };
  const name = { labelFont: axis.font, labelSize: 16, labelGap: 0 };
  if (options.whole) xAxis.incrs = WHOLE_STEPS;
  if (options.xLabel) Object.assign(xAxis, name, { label: options.xLabel });
  if (options.yLabel) Object.assign(yAxis, name, { label: options.yLabel });
  if (options.log) Object.assign(yAxis, { splits: logTicks, filter: (plot, splits) => splits });
  const read = (plot) => readOut(plot, options, readouts, position, format);
  return {
    width: host.clientWidth,
    height,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: Boolean(options.square), uni: 20 },
      sync: options.sync ? { key: options.sync } : undefined,
      points: { size: 7 },
      focus: { prox: 24 },
    },
    focus: { alpha: options.curves.length > 3 ? 0.25 : 1 },
    scales: {
      x: { time: false, range: (plot, low, high) => xRange(options, low, high) },
      y: { distr: options.log ? 3 : 1, range: (plot, low, high) => yRange(options, low, high) },
    },
    axes: [xAxis, yAxis],
    series: [{}, ...options.curves.map((curve) => seriesSettings(curve, options.x.length))],
    hooks: {
      setCursor: [read],
      ready: [read],
      drawAxes: [(plot) => drawGuides(plot, options), (plot) => options.before?.(plot)],
      draw: [(plot) => options.after?.(plot)],
    },
  };
}

function seriesSettings(curve, length) {
  const stroke = curve.colour;
  if (curve.points) {
    const size = curve.points === true ? 5 : curve.points;
    const fillColour = curve.colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.45)");
    return {
      stroke,
      paths: () => null,
      points: { show: true, size, width: 1, fill: fillColour, stroke },
    };
  }
  const points = { show: length <= 12, size: 5, fill: stroke };
  return { stroke, width: curve.width ?? 2, dash: curve.dash, points, spanGaps: true };
}

// Room for the longest label of an axis.
const widthOf = (plot, labels) =>
  16 + 6.6 * Math.max(3, ...(labels ?? []).map((text) => text.length));

// Powers of ten where there are several, else 1, 2 and 5 times them; few enough to be read.
function logTicks(plot, axis, low, high) {
  const decades = Math.log10(high / low);
  const steps = decades > 2.2 ? [1] : decades > 0.6 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.max(1, Math.ceil(decades / 6));
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    if (power % every === 0) found.push(...steps.map((step) => step * 10 ** power));
  }
  return found.filter((tick) => tick >= low && tick <= high);
}

function xRange(options, low, high) {
  if (low === null || low === undefined) return [0, 1];
  const all = low === options.x[0] && high === options.x.at(-1);
  if (options.xUnit && all) return [-0.03, 1.03];
  if (low === high) return [low - 1, high + 1];
  const pad = options.square ? (high - low) * 0.04 : 0;
  return [low - pad, high + pad];
}

function yRange(options, least, most) {
  const [low, high] = options.span
    ? [Math.min(least ?? options.span[0], options.span[0]), Math.max(most ?? 0, options.span[1])]
    : [least, most];
  if (low === null || low === undefined) return options.log ? [0.1, 1] : [0, 1];
  if (options.log) return low === high ? [low / 3, high * 3] : [low / 1.2, high * 1.2];
  if (low === high)
    return options.unit
      ? [0, 1]
      : [low - Math.abs(low || 1) * 0.5, high + Math.abs(high || 1) * 0.5];
  const pad = (high - low) * 0.08;
  const floor = low >= 0 && low < high * 0.35 ? 0 : low - pad;
  return options.unit ? [Math.max(floor, -0.01), Math.min(high + pad, 1.01)] : [floor, high + pad];
}

// The values under the cursor; without one, those of the marked (or the last) place.
function readOut(plot, options, readouts, position, format) {
  const hovered = plot.cursor.idx;
  const idle = options.points
    ? null
    : options.mark
      ? options.x.indexOf(options.mark)
      : options.x.length - 1;
  const index = hovered ?? (idle >= 0 ? idle : null);
  readouts.forEach((readout, curve) => {
    const { values } = options.curves[curve];
    const value = values[index] ?? (hovered == null ? values.findLast((one) => one != null) : null);
    readout.textContent = index === null ? "" : format(value);
  });
  position.textContent =
    index === null
      ? ""
      : options.place(options.x[index], hovered === null || hovered === undefined);
}

function drawGuides(plot, options) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeStyle = css("--guide");
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  if (options.diagonal) {
    const { min, max } = plot.scales.x;
    line(plot, [min, min], [max, max]);
  }
  if (options.level !== undefined)
    line(plot, [plot.scales.x.min, options.level], [plot.scales.x.max, options.level]);
  if (options.mark) {
    const x = plot.valToPos(options.mark, "x", true);
    path(ctx, x, bbox.top, x, bbox.top + bbox.height);
  }
  ctx.restore();
}

function line(plot, from, to) {
  const at = ([x, y]) => [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
  path(plot.ctx, ...at(from), ...at(to));
}

function followFinger(plot, event) {
  const place = plot.over.getBoundingClientRect();
  plot.setCursor({
    left: event.touches[0].clientX - place.left,
    top: event.touches[0].clientY - place.top,
  });
}

function drawCharts() {
  waiting.splice(0).forEach((drawIt) => drawIt());
}

function dropCharts() {
  drawn.splice(0).forEach(({ plot }) => plot.destroy());
  waiting.length = 0;
}

// Hidden charts and charts whose place kept its width stay as they are.
function fitCharts() {
  for (const { plot, host, height } of drawn) {
    if (host.clientWidth && host.clientWidth !== plot.width)
      plot.setSize({ width: host.clientWidth, height });
  }
}
