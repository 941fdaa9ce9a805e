// Loss and metrics by epoch, the loss of each step, and the vital signs of each layer.

const PART_STYLE = {
  train: { colour: "--train", dash: [5, 4] },
  valid: { colour: "--valid" },
  test: { colour: "--test" },
};

const atEpoch = (epoch, idle) =>
  idle && epoch === evidence.run.best_epoch
    ? t("best_epoch", { epoch })
    : idle
      ? t("last_epoch", { epoch })
      : `${t("epoch")} ${epoch}`;

function curvesSection() {
  const { history } = evidence;
  if (!isList(history.epoch)) return null;
  const names = [
    ...new Set(
      Object.keys(history)
        .filter((key) => key.includes("/"))
        .map((key) => key.split("/")[1]),
    ),
  ];
  names.sort((a, b) => ((METRICS.indexOf(a) + 99) % 99) - ((METRICS.indexOf(b) + 99) % 99));
  const metrics = names.filter((name) => name !== "loss");
  return section(
    "curves",
    t("curves_is"),
    el("p", { class: "hint" }, t("zoom_hint")),
    names.includes("loss")
      ? el(
          "div",
          { class: "withToggle" },
          logToggle("loss"),
          curveOf("loss", { wide: true, height: 300, log: state.log.loss }),
        )
      : null,
    el(
      "div",
      { class: "grid" },
      metrics.map((name) => curveOf(name, metricScale(name))),
      stepChart(),
      rateChart(),
    ),
  );
}

function metricScale(name) {
  const unit = UNIT_METRICS.has(name);
  return PERCENT.has(name)
    ? { unit, format: (value) => percent(value), tick: percentTick }
    : { unit };
}

function logToggle(name) {
  return toggle(t("log_scale"), state.log[name], () => {
    state.log[name] = !state.log[name];
    render();
  });
}

// Of several targets together, errors of an epoch are in the scale that the network learns in.
function meaning(name) {
  if (name === "loss") return t("loss_is");
  const { kind, outputs } = evidence.task;
  const key = `metric_${name}${kind === "regression" && outputs > 1 ? "_scaled" : ""}_is`;
  return has(key) ? t(key) : has(`metric_${name}_is`) ? t(`metric_${name}_is`) : null;
}

function curveOf(name, options) {
  const { history, run } = evidence;
  const parts = ["train", "valid", "test"].filter((part) => isList(history[`${part}/${name}`]));
  const curves = parts.map((part) => ({
    label: t(`part_${part}`),
    values: history[`${part}/${name}`],
    colour: css(PART_STYLE[part].colour),
    dash: PART_STYLE[part].dash,
    width: part === "train" ? 1.6 : 2.2,
  }));
  return chart({
    title: label("metric", name),
    note: meaning(name),
    x: history.epoch,
    whole: true,
    mark: run.best_epoch,
    place: atEpoch,
    format: fixed,
    sync: "epochs",
    ...options,
    curves,
  });
}

function stepChart() {
  const { loss, each } = evidence.steps;
  if (!isList(loss)) return null;
  const note = [t("step_loss_is"), each > 1 ? t("step_loss_thinned", { count: each }) : ""].join(
    " ",
  );
  return chart({
    title: t("step_loss"),
    note,
    x: loss.map((_, index) => index * each + 1),
    whole: true,
    log: state.log.loss,
    place: (step, idle) => (idle ? "" : `${t("step")} ${whole(step)}`),
    format: fixed,
    curves: [{ label: t("loss"), values: loss, colour: css("--train"), width: 1 }],
  });
}

function rateChart() {
  const rates = evidence.history.learning_rate;
  if (!isList(rates) || rates.every((rate) => rate === rates[0])) return null;
  return chart({
    title: t("learning_rate"),
    note: t("learning_rate_is"),
    x: evidence.history.epoch,
    whole: true,
    sync: "epochs",
    place: atEpoch,
    curves: [{ label: t("learning_rate"), values: rates, colour: css("--accent") }],
  });
}

function vitalsSection() {
  const { epochs, layers, numbers, signs, shares } = evidence.vitals;
  if (!isList(epochs)) return null;
  const count = Math.max(evidence.run.layers?.length ?? 0, ...numbers);
  const colours = numbers.map((number) => layerColour(number - 1, count));
  const names = layers.map((name, index) => {
    const swatch = el("i", {});
    swatch.style.setProperty("--swatch", colours[index]);
    return el("li", {}, swatch, `${numbers[index]} ${name}`);
  });
  const charts = Object.entries(signs).map(([sign, curves]) => {
    const unit = shares.includes(sign);
    const present = layers
      .map((_, index) => index)
      .filter((index) => curves[index].some((value) => value !== null));
    return chart({
      title: t(`sign_${sign}`),
      note: t(`sign_${sign}_is`),
      x: epochs,
      whole: true,
      unit,
      log: state.log.vitals && !unit && sign !== "activation_mean",
      level: sign === "update_ratio" ? 0.001 : undefined,
      mark: evidence.run.best_epoch,
      place: atEpoch,
      format: unit ? (value) => percent(value, 0) : num,
      tick: unit ? percentTick : num,
      sync: "epochs",
      bare: true,
      curves: present.map((index) => ({
        label: `${numbers[index]} ${layers[index]}`,
        values: curves[index],
        colour: colours[index],
        width: 1.8,
      })),
    });
  });
  return section(
    "vitals",
    t("vitals_is"),
    el("div", { class: "withToggle" }, logToggle("vitals"), el("ul", { class: "layers" }, names)),
    el("div", { class: "grid" }, charts),
  );
}
