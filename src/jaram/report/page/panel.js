// Pictures on a canvas: each is a function that paints, called again when its width, the colours or
// what is marked change.

const panels = []; // {host, height, paint} of every picture on the page

// height: in pixels, or a function of the width. paint(ctx, width, height).
function panel(name, height, paint) {
  const host = el("canvas", { class: "panel", role: "img", "aria-label": name });
  panels.push({ host, height, paint });
  return host;
}

// Pictures are painted when they come near the window, so that a page of thousands of trials opens
// at once.
const near = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => paintPanel(one.target)),
  { rootMargin: "300px" },
);

function watchPanels() {
  near.disconnect();
  panels.forEach(({ host, height }) => {
    host.style.height = `${tallness(host, height)}px`;
    near.observe(host);
  });
}

const tallness = (host, height) => (typeof height === "function" ? height(host.clientWidth) : height);
const paintPanels = () => panels.forEach(({ host }) => paintPanel(host));

function paintPanel(canvas) {
  const { host, height, paint } = panels.find((one) => one.host === canvas);
  const [width, tall] = [host.clientWidth, tallness(host, height)];
  if (!width) return;
  host.width = Math.round(width * devicePixelRatio);
  host.height = Math.round(tall * devicePixelRatio);
  host.style.height = `${tall}px`;
  const ctx = host.getContext("2d");
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.font = `11px ${css("--sans")}`;
  ctx.lineJoin = "round";
  paint(ctx, width, tall);
}

// The rectangle left for the picture: {left, top, width, height, x, y}; x and y take shares in [0, 1].
function plotArea(width, height, { left = 46, right = 10, top = 8, bottom = 30 } = {}) {
  const [across, down] = [width - left - right, height - top - bottom];
  return {
    left,
    top,
    width: across,
    height: down,
    x: (share) => left + share * across,
    y: (share) => top + (1 - share) * down,
  };
}

// Grid, tick labels and the axes' names; ticks are [share, label].
function drawAxes(ctx, area, { xTicks = [], yTicks = [], xName = "", yName = "" }) {
  ctx.strokeStyle = css("--grid");
  ctx.fillStyle = css("--quiet");
  ctx.lineWidth = 1;
  ctx.textBaseline = "top";
  for (const [share, text, place] of fitting(ctx, xTicks, area)) {
    path(ctx, area.x(share), area.top, area.x(share), area.top + area.height);
    ctx.fillText(text, place, area.top + area.height + 5);
  }
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  for (const [share, text] of yTicks) {
    path(ctx, area.left, area.y(share), area.left + area.width, area.y(share));
    ctx.fillText(cut(ctx, text, area.left - 8), area.left - 6, area.y(share));
  }
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  if (xName) ctx.fillText(xName, area.left + area.width / 2, area.top + area.height + 33);
  if (yName) {
    ctx.save();
    ctx.translate(10, area.top + area.height / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textBaseline = "middle";
    ctx.fillText(yName, 0, 0);
    ctx.restore();
  }
  ctx.textAlign = "left";
}

// Labels that do not run into each other, each with its left end; those that would are left out.
function fitting(ctx, ticks, area) {
  let end = -Infinity;
  const found = [];
  for (const [share, text] of ticks) {
    const shown = cut(ctx, text, Math.max(24, (0.92 * area.width) / ticks.length));
    const width = ctx.measureText(shown).width;
    const place = Math.max(0, Math.min(area.left + area.width + 8 - width, area.x(share) - width / 2));
    if (place < end + 5) continue;
    end = place + width;
    found.push([share, shown, place]);
  }
  return found;
}

// A text that is no wider than so many pixels.
function cut(ctx, text, most) {
  if (ctx.measureText(text).width <= most) return text;
  let length = text.length;
  while (length > 1 && ctx.measureText(`${text.slice(0, length)}…`).width > most) length -= 1;
  return `${text.slice(0, length)}…`;
}

function dot(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

// About five round numbers between two, as [share, label].
function roundTicks(low, high, format) {
  const raw = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) {
    found.push([(k * step - low) / (high - low), format(k * step, step)]);
  }
  return found;
}

// A bar of colours with ticks under it.
function colourBar(name, ticks, colour) {
  const paint = (ctx, width) => {
    const area = plotArea(width, 34, { left: 4, right: 14, top: 0, bottom: 22 });
    for (let x = 0; x < area.width; x += 1) {
      ctx.fillStyle = colour()(x / area.width);
      ctx.fillRect(area.left + x, area.top, 1.5, area.height);
    }
    ctx.fillStyle = css("--quiet");
    ctx.textBaseline = "top";
    for (const [, text, place] of fitting(ctx, ticks, area)) ctx.fillText(text, place, area.height + 4);
  };
  return el(
    "div",
    { class: "colourbar" },
    el("span", { class: "note" }, name),
    panel(name, 34, paint),
  );
}
