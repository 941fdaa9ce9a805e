// Colours of the style sheet, ramps between them, and lines.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const LAYER_STOPS = ["--layer-0", "--layer-1", "--layer-2", "--layer-3", "--layer-4"];
const SCORE_STOPS = ["--score-0", "--score-1", "--score-2", "--score-3"];
const channels = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));

// The colour of layer `index` of `count`: first layers and last layers are the ends of one ramp.
const layerColour = (index, count) => ramp(LAYER_STOPS)(count < 2 ? 0 : index / (count - 1));

// A function from a share in [0, 1] to a colour between stops, which are variables of the style.
function ramp(stops) {
  const known = stops.map((stop) => channels(css(stop)));
  return (share) => {
    const place = Math.max(0, Math.min(1, share)) * (known.length - 1);
    const [from, to] = [known[Math.floor(place)], known[Math.ceil(place)]];
    const mixed = from.map((value, channel) =>
      Math.round(value + (to[channel] - value) * (place % 1)),
    );
    return `rgb(${mixed.join(", ")})`;
  };
}

// A straight line.
function path(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
