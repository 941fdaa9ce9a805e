// Numbers as people read them.

const PERCENT = new Set(["accuracy", "balanced_accuracy", "label_accuracy", "exact_match"]);
const UNIT_METRICS = new Set([...PERCENT, "f1", "roc_auc"]);

// A measured number with three digits.
function num(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6 || size < 1e-4) {
    const [digits, exponent] = value.toExponential(1).split("e");
    return `${digits.replace(/\.0$/, "").replace("-", "−")}e${exponent.replace("+", "").replace("-", "−")}`;
  }
  const short = size >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return (size >= 10000 ? whole(short) : String(short)).replace("-", "−");
}

const whole = (value) => new Intl.NumberFormat("en").format(value);
const percent = (value, digits = 1) =>
  value === null || value === undefined
    ? "–"
    : `${(100 * value).toFixed(digits)} %`.replace("-", "−");
const percentTick = (value, all = []) =>
  percent(value, all.length > 1 && all[1] - all[0] < 0.0099 ? 1 : 0);
const metric = (name, value) => (PERCENT.has(name) ? percent(value) : fixed(value));

// Three decimals for numbers about 1, so that columns of them line up.
function fixed(value) {
  if (typeof value !== "number") return "–";
  return Math.abs(value) < 10 && Math.abs(value) >= 1e-3
    ? value.toFixed(3).replace("-", "−")
    : num(value);
}

function duration(seconds) {
  if (typeof seconds !== "number") return "–";
  if (seconds >= 5400) return t("hours", { value: num(seconds / 3600) });
  if (seconds >= 100) return t("minutes", { value: num(seconds / 60) });
  return t("seconds", { value: seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds) });
}

const shape = (sizes) => (isList(sizes) ? sizes.join(" × ") : "1");
const maximum = (values) =>
  values.reduce((most, value) => (value > most ? value : most), -Infinity);
