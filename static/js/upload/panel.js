// The panel in the corner: how far an upload is, how fast, how long still, and what came of it.
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Bytes as a person reads them, in decimal units. */
export function size(bytes) {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.95 && unit < UNITS.length - 1) { amount /= 1000; unit += 1; }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)}\u202f${UNITS[unit]}`;
}

/** Seconds as a person waits for them. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))}\u202fs`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}\u202fmin`;
  return `${Math.floor(seconds / 3600)}\u202fh ${Math.round((seconds % 3600) / 60)}\u202fmin`;
}

const number = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");
const WINDOW_MS = 6000;

export class Panel {
  constructor(element) {
    this.element = element;
    const part = (name) => element.querySelector(`[data-upload-${name}]`);
    [this.title, this.bar, this.figures, this.note, this.receipt, this.retryButton, this.cancelButton, this.closeButton]
      = ["title", "bar", "figures", "note", "receipt", "retry", "cancel", "close"].map(part);
    this.closeButton.addEventListener("click", () => { element.hidden = true; });
  }

  open() {
    this.samples = [];
    this.element.hidden = false;
    this.element.dataset.state = "running";
    this.title.textContent = "Reading files…";
    this.bar.removeAttribute("value");
    for (const part of [this.figures, this.note]) part.textContent = "";
    this.receipt.hidden = this.retryButton.hidden = this.closeButton.hidden = true;
    this.cancelButton.hidden = false;
  }

  rate(sentBytes) {
    const now = performance.now();
    this.samples.push([now, sentBytes]);
    while (this.samples.length > 2 && now - this.samples[0][0] > WINDOW_MS) this.samples.shift();
    const [[then, before]] = this.samples;
    return now - then > 400 ? Math.max(0, (sentBytes - before) / ((now - then) / 1000)) : 0;
  }

  show(state) {
    const rate = this.rate(state.sentBytes);
    const done = Math.min(state.doneBytes, state.bytes);
    this.bar.max = Math.max(1, state.bytes);
    if (state.phase === "reading" && done === 0) this.bar.removeAttribute("value");
    else this.bar.value = done;
    this.title.textContent = state.phase === "reading" ? "Comparing with what is here…" : `Uploading ${number(state.files)} ${state.files === 1 ? "file" : "files"}`;
    const left = rate > 0 ? (state.bytes - done) / rate : 0;
    const shown = [`${size(done)} of ${size(state.bytes)}`, `${number(state.doneFiles)} of ${number(state.files)} files`, rate > 0 ? `${size(rate)}/s` : "", left > 1 ? `${duration(left)} left` : ""];
    this.figures.replaceChildren(...shown.filter(Boolean).map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    if (this.note.textContent !== state.waiting) this.note.textContent = state.waiting;
    this.link(state);
  }

  link({ url, receipt }, root = "") {
    if (!receipt) return;
    this.receipt.href = root + url;
    this.receipt.hidden = false;
  }

  finish(state) {
    this.element.dataset.state = "done";
    this.bar.max = this.bar.value = 1;
    this.title.textContent = state.rejected ? `Done, ${number(state.rejected)} not taken` : "Done";
    const said = [[state.accepted, "added"], [state.duplicates, "already here"], [state.rejected, "not taken"]];
    this.note.textContent = said.filter(([count]) => count > 0).map(([count, word]) => `${number(count)} ${word}`).join(" · ") || "Nothing in it that could be taken.";
    this.figures.textContent = "";
    this.end();
  }

  fail(sentence, canRetry) {
    this.element.dataset.state = "failed";
    this.title.textContent = "The upload stopped";
    this.note.textContent = sentence;
    this.retryButton.hidden = !canRetry;
    this.end();
  }

  end() {
    this.cancelButton.hidden = true;
    this.closeButton.hidden = false;
  }
}
