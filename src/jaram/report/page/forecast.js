// Forecasts with their interval, against what came and against forecasts that need no learning.

const RIVALS = { naive: "--train", seasonal_naive: "--test" };

function forecastSection() {
  const { kind, examples, errors } = evidence.examples;
  if (kind !== "forecast" || !isList(examples)) return null;
  return section(
    "forecast",
    t("forecast_is"),
    intervalNote(),
    el("div", {}, examples.map(forecastChart)),
    errors?.network ? errorsByStep(errors) : null,
  );
}

function intervalNote() {
  const { interval } = evidence.examples;
  if (!interval) return null;
  const told = { share: percent(interval.share, 0), windows: interval.windows ?? "–" };
  const seen =
    typeof interval.covered === "number"
      ? t(`covered_${interval.checked_on}`, { covered: percent(interval.covered, 0) })
      : null;
  return el(
    "p",
    { class: "is" },
    [t("interval_is", told), seen].filter(Boolean).join(" "),
  );
}

function forecastChart(example) {
  const { past, predicted, low, high } = example;
  const truth = example.true;
  if (![past, predicted, truth].every(isList)) return null;
  const steps = past.length + truth.length;
  const x = Array.from({ length: steps }, (_, place) => place - past.length + 1);
  const after = (values) => [...past.map(() => null), ...values];
  const rivals = Object.entries(RIVALS).filter(([name]) => isList(example[name]));
  return chart({
    title: t("forecast_from", { row: example.row ?? "–" }),
    x,
    height: 230,
    whole: true,
    wide: true,
    xLabel: t("steps_ahead"),
    yLabel: String(evidence.examples.target ?? ""),
    mark: null,
    place: (step) => `${t("steps_ahead")} ${step}`,
    before: (plot) => band(plot, x, after(low ?? []), after(high ?? [])),
    span: spanOf([...past, ...truth, ...predicted, ...(low ?? []), ...(high ?? [])]),
    curves: [
      { label: t("what_came"), values: [...past, ...truth], colour: css("--ink"), width: 1.5 },
      { label: t("forecast_network"), values: after(predicted), colour: css("--valid") },
      ...rivals.map(([name, colour]) => ({
        label: t(`forecast_${name}`),
        values: after(example[name]),
        colour: css(colour),
        dash: [4, 4],
        width: 1.3,
      })),
    ],
  });
}

function spanOf(values) {
  const known = values.filter((value) => typeof value === "number");
  return known.length ? [Math.min(...known), Math.max(...known)] : undefined;
}

// The interval as a ground between its ends.
function band(plot, x, low, high) {
  const there = x.map((_, place) => place).filter((place) => typeof low[place] === "number" && typeof high[place] === "number");
  if (!there.length) return;
  const at = (place, values) => [
    plot.valToPos(x[place], "x", true),
    plot.valToPos(values[place], "y", true),
  ];
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = css("--valid");
  ctx.globalAlpha = 0.16;
  ctx.beginPath();
  there.forEach((place) => ctx.lineTo(...at(place, high)));
  there.toReversed().forEach((place) => ctx.lineTo(...at(place, low)));
  ctx.fill();
  ctx.restore();
}

function errorsByStep(errors) {
  const rivals = Object.entries(RIVALS).filter(([name]) => isList(errors[name]));
  const mean = (values) => values.reduce((sum, value) => sum + (value ?? 0), 0) / values.length;
  const named = [["network", "--valid"], ...rivals];
  return subsection(
    "errors_by_step",
    t("errors_by_step_is"),
    tabulate(
      ["", ["n", label("metric", "mae")]],
      named.map(([name]) => [t(`forecast_${name}`), ["n", num(mean(errors[name]))]]),
    ),
    errors.network.length > 1
      ? chart({
          x: errors.network.map((_, place) => place + 1),
          height: 200,
          whole: true,
          wide: true,
          span: [0, 0],
          xLabel: t("steps_ahead"),
          place: (step) => `${t("steps_ahead")} ${step}`,
          curves: named.map(([name, colour]) => ({
            label: t(`forecast_${name}`),
            values: errors[name],
            colour: css(colour),
            dash: name === "network" ? undefined : [4, 4],
          })),
        })
      : null,
  );
}
