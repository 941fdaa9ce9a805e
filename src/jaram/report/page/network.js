// The network: a drawing in which taller means more units, and a table with every layer.

const SLOT = { least: 92, most: 150, height: 216, middle: 74, reach: 62 };

function networkSection() {
  const layers = evidence.run.layers;
  if (!isList(layers)) return null;
  const sum = (name) => whole(layers.reduce((total, layer) => total + (layer[name] ?? 0), 0));
  const host = el("div", { class: "network" });
  waiting.push(() => drawNetwork(host, layers));
  const lines = layers.map((layer, index) => [
    ["n", String(index + 1)],
    ["words", layer.layer],
    shape(layer.input_shape),
    shape(layer.output_shape),
    ["n", whole(layer.parameters ?? 0)],
    ["n", whole(layer.operations ?? 0)],
  ]);
  return section(
    "network",
    t("network_is"),
    host,
    tabulate(
      [
        "",
        t("layer"),
        t("input_shape"),
        t("output_shape"),
        ["n", t("parameters")],
        ["n", t("operations")],
      ],
      lines,
      "lines",
    ),
    el(
      "p",
      { class: "note" },
      t("network_total", { parameters: sum("parameters"), operations: sum("operations") }),
    ),
  );
}

function drawNetwork(host, layers) {
  const stations = [
    { name: t("input"), sizes: layers[0].input_shape ?? [], first: true },
    ...layers.map((layer) => ({
      name: String(layer.layer).split(" ")[0],
      sizes: layer.output_shape ?? [],
      parameters: layer.parameters ?? 0,
      passes: !layer.parameters && String(layer.input_shape) === String(layer.output_shape),
    })),
  ];
  const width = host.clientWidth;
  const across = Math.max(2, Math.min(stations.length, Math.floor(width / SLOT.least)));
  const slot = Math.min(SLOT.most, width / across);
  const lines = Math.ceil(stations.length / across);
  const tallest = maximum(stations.map(({ sizes }) => sizes.at(-1) ?? 1));
  const placed = stations.map((station, index) => ({
    ...station,
    x: slot * ((index % across) + 0.5),
    y: SLOT.height * Math.floor(index / across) + SLOT.middle + 8,
    half:
      9 +
      (SLOT.reach - 9) * (Math.log1p(station.sizes.at(-1) ?? 1) / Math.log1p(Math.max(2, tallest))),
  }));
  const total = slot * Math.min(across, stations.length);
  host.replaceChildren(
    svg(
      "svg",
      {
        viewBox: `0 0 ${total} ${SLOT.height * lines - 10}`,
        width: total,
        height: SLOT.height * lines - 10,
        role: "img",
        "aria-label": t("network"),
      },
      placed.slice(1).map((station, index) => link(placed[index], station, slot)),
      placed.map((station, index) => drawStation(station, index, placed.length)),
    ),
  );
}

function link(from, to, slot) {
  if (from.y !== to.y) {
    const x = from.x + 14;
    return svg("path", {
      class: "turn",
      d: `M${x} ${from.y}h${slot / 2 - 20}M${to.x - slot / 2 + 6} ${to.y}h${slot / 2 - 20}`,
    });
  }
  const [left, right] = [from.x + 8, to.x - 8];
  return svg("polygon", {
    class: "link",
    points: `${left},${from.y - from.half} ${right},${to.y - to.half} ${right},${to.y + to.half} ${left},${from.y + from.half}`,
  });
}

function drawStation(station, index, count) {
  const { x, y, half } = station;
  const colour = station.first ? css("--quiet") : layerColour(index - 1, count - 1);
  const below = y + SLOT.reach + 22;
  const name = station.name.length > 13 ? `${station.name.slice(0, 12)}…` : station.name;
  return svg(
    "g",
    { class: station.passes ? "passes" : "" },
    body(station, colour),
    svg("text", { x, y: below, class: "name" }, name),
    svg("text", { x, y: below + 18, class: "sizes" }, shape(station.sizes)),
    station.parameters
      ? svg(
          "text",
          { x, y: below + 35, class: "sizes" },
          t("parameters_short", { count: whole(station.parameters) }),
        )
      : null,
  );

  function body({ sizes, passes }, fill) {
    const units = sizes.at(-1) ?? 1;
    if (sizes.length === 3) {
      return [2, 1, 0].map((sheet) =>
        svg("rect", {
          class: "sheet",
          x: x - 12 + sheet * 5,
          y: y - half + 6 - sheet * 5,
          width: 18,
          height: 2 * half - 6,
          rx: 2,
          fill,
        }),
      );
    }
    const frame = svg("rect", {
      x: x - (passes ? 3 : 8),
      y: y - half,
      width: passes ? 6 : 16,
      height: 2 * half,
      rx: passes ? 3 : 8,
      fill,
    });
    if (units > 8 || passes) return frame;
    const step = units > 1 ? (2 * half - 16) / (units - 1) : 0;
    const radius = Math.min(4.5, units > 1 ? step / 2 - 0.8 : 4.5);
    const dots =
      radius > 1.4
        ? Array.from({ length: units }, (_, unit) =>
            svg("circle", {
              cx: x,
              cy: units > 1 ? y - half + 8 + unit * step : y,
              r: radius,
              class: "unit",
            }),
          )
        : [];
    return [frame, ...dots];
  }
}
