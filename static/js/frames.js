// The table of frames: the row of the frame that is shown comes into sight, without moving the page.

export function startFrames(table) {
  const row = table.querySelector("tr[aria-current]");
  if (!row) return;
  const head = table.querySelector("thead").offsetHeight;
  table.scrollTop = row.offsetTop - head - (table.clientHeight - head - row.offsetHeight) / 2;
}
