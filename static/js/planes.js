// The planes of the viewer: a plane follows its slider and the wheel at once; a click sets where the others cut.
const RESTS_MS = 220;

export function startPlanes(form) {
  for (const pane of form.querySelectorAll("[data-plane]")) startPane(form, pane);
}

function startPane(form, pane) {
  const slider = pane.querySelector("input[type=range]");
  const says = pane.querySelector("output");
  const image = pane.querySelector("img");
  const drawing = pane.querySelector("svg");
  let wanted = 0;
  let loading = false;
  let rests = 0;

  // One picture at a time: the server draws what is wanted now, not all that was passed by.
  function follow() {
    says.textContent = `${slider.value} / ${slider.max}`;
    wanted = Number(slider.value);
    if (!loading) fetchOne();
  }

  function fetchOne() {
    const at = wanted;
    const next = new Image();
    const url = new URL(image.src, location.href);
    url.searchParams.set("index", String(at));
    loading = true;
    const over = () => {
      loading = false;
      if (next.complete && next.naturalWidth) image.src = next.src;
      if (wanted !== at) fetchOne();
    };
    next.addEventListener("load", over, { once: true });
    next.addEventListener("error", over, { once: true });
    next.src = url.href;
  }

  slider.addEventListener("input", follow);
  drawing.addEventListener("wheel", (event) => {
    if (event.ctrlKey || Math.abs(event.deltaY) < Math.abs(event.deltaX)) return;
    event.preventDefault();
    slider.value = String(Number(slider.value) + Math.sign(event.deltaY));
    follow();
    clearTimeout(rests);
    rests = setTimeout(() => form.requestSubmit(), RESTS_MS);
  }, { passive: false });
  drawing.addEventListener("click", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    const box = drawing.viewBox.baseVal;
    for (const line of drawing.querySelectorAll("[data-cut]")) {
      const share = line.dataset.way === "across" ? point.x / box.width : point.y / box.height;
      const other = form.elements[line.dataset.cut];
      const along = "flipped" in line.dataset ? 1 - share : share;
      other.value = String(Math.floor(Math.max(0, Math.min(1, along)) * Number(other.max)) + 1);
    }
    form.requestSubmit();
  });
}
