// A page of panels, drawn anew when the language, the colours or the medium change.

function speak(lang) {
  state.lang = lang;
  render();
}

function onPaper(printing) {
  document.documentElement.classList.toggle("paper", printing);
  render();
  if (printing) paintPanels();
}

let redraw = 0;
window.addEventListener("resize", () => {
  cancelAnimationFrame(redraw);
  redraw = requestAnimationFrame(watchPanels);
});
window.addEventListener("beforeprint", () => onPaper(true));
window.addEventListener("afterprint", () => onPaper(false));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
render();
