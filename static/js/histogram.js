// Years can be drawn over with the pointer: from where it went down to where it comes up.
export function startHistogram(histogram) {
  const bars = [...histogram.querySelectorAll("a[data-year]")];
  const says = histogram.querySelector("output");
  const form = histogram.closest("form");
  let start = null;
  let end = null;
  let dragged = false;

  const barAt = (event) => {
    const box = histogram.querySelector("svg").getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return Math.max(0, Math.min(bars.length - 1, Math.floor(share * bars.length)));
  };
  const range = () => [Math.min(start, end), Math.max(start, end)].map((index) => bars[index].dataset.year);
  const paint = () => {
    const [low, high] = [Math.min(start, end), Math.max(start, end)];
    bars.forEach((bar, index) => bar.toggleAttribute("data-outside", index < low || index > high));
    says.textContent = range().filter((year, index, all) => index === 0 || year !== all[0]).join(" – ");
  };

  histogram.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.closest("svg")) return;
    start = end = barAt(event);
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (start === null || !histogram.isConnected) return;
    end = barAt(event);
    dragged ||= end !== start;
    if (dragged) paint();
  });
  addEventListener("pointerup", () => {
    if (start === null) return;
    const years = dragged ? range() : null;
    start = null;
    if (!years || !form) return;
    form.elements.namedItem("from").value = `${years[0]}-01-01`;
    form.elements.namedItem("to").value = `${years[1]}-12-31`;
    form.requestSubmit();
  });
  histogram.addEventListener("dragstart", (event) => event.preventDefault());
  histogram.addEventListener("click", (event) => {
    if (dragged) { event.preventDefault(); event.stopPropagation(); dragged = false; }
  }, true);
  histogram.addEventListener("pointerover", (event) => {
    const bar = event.target.closest("a[data-year]");
    if (bar && start === null) says.textContent = bar.getAttribute("aria-label");
  });
  histogram.addEventListener("pointerleave", () => { if (start === null) says.textContent = ""; });
}
