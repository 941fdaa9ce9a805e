// The page, drawn anew when the language, a scale, the colours or the medium change.

const SECTIONS = [
  augmentedSection,
  curvesSection,
  findingsSection,
  treatmentSection,
  confusionSection,
  picturesSection,
  filtersSection,
  wordsSection,
  seriesSection,
  forecastSection,
  residualsSection,
  calibrationSection,
  importanceSection,
  vitalsSection,
  throughTimeSection,
  networkSection,
  dataSection,
  askedSection,
];

function render() {
  const offset = window.scrollY;
  dropCharts();
  document.documentElement.lang = state.lang;
  document.title = `${evidence.name} · ${t("training_report")}`;
  document
    .getElementById("report")
    .replaceChildren(headline(), ...SECTIONS.map((make) => make()).filter(Boolean), footer());
  drawCharts();
  window.scrollTo(0, offset);
}

function speak(lang) {
  state.lang = lang;
  render();
}

// Paper is light and narrow whatever the screen is, and a canvas does not follow a style sheet.
function onPaper(printing) {
  document.documentElement.classList.toggle("paper", printing);
  render();
}

let redraw = 0;
window.addEventListener("resize", () => {
  cancelAnimationFrame(redraw);
  redraw = requestAnimationFrame(() => {
    fitCharts();
    const host = document.querySelector(".network");
    if (host) drawNetwork(host, evidence.run.layers);
  });
});
window.addEventListener("beforeprint", () => onPaper(true));
window.addEventListener("afterprint", () => onPaper(false));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
render();
