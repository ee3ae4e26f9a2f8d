// What the page says beside a volume that the browser draws: how far it is, why not, and the finer sliders.

const FELT_MS = 200;
const STRENGTHS = 10;

export class Panel {
  constructor(figure) {
    this.figure = figure;
    this.form = figure.closest("form");
    this.bar = figure.querySelector("progress");
  }

  /** Show how far it is, if that is long enough to be felt. */
  load() {
    this.timer = setTimeout(() => { this.bar.hidden = false; }, FELT_MS);
  }

  progress(share) {
    this.bar.value = share;
  }

  done() {
    clearTimeout(this.timer);
    this.bar.hidden = true;
  }

  /** Say why the server goes on drawing. */
  fail(why) {
    this.done();
    for (const one of this.form.querySelectorAll("[data-solid-only]")) one.hidden = true;
    const line = this.form.querySelector("[data-solid-why]");
    line.textContent = `${why}: the server draws this, one picture after the other.`;
    line.hidden = false;
  }

  get strength() {
    const slider = this.form.querySelector("[data-solid-strength]");
    return slider ? 2 ** (Number(slider.value) / STRENGTHS) : 1;
  }

  get boxes() {
    return this.form.querySelector("[data-solid-box]");
  }

  /** Show what only a volume in the browser can do, and let it do that. */
  wake(solid) {
    for (const one of this.form.querySelectorAll("[data-solid-only]")) one.hidden = false;
    const begins = this.form.querySelector("[data-solid-threshold]");
    const field = this.form.elements.threshold;
    begins?.addEventListener("input", () => {
      field.value = begins.value;
      solid.redress({ threshold: begins.value });
    });
    begins?.addEventListener("change", () => solid.settle());
    field?.addEventListener("input", () => {
      if (field.value === "" || !field.validity.valid) return;
      begins.value = field.value;
      solid.redress({ threshold: field.value });
    });
    this.form.querySelector("[data-solid-strength]")?.addEventListener("input", () => solid.redress({}));
  }
}
