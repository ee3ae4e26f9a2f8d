// Tags: type-to-filter that keeps the parents of a nested hit, and explanations loaded where they are asked for.

/** Text as it is compared: no case, no accents, no punctuation of tags. */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Which rows stay for a filter: hits, and the rows they are nested in. `rows` is [{depth, text}] in order, text folded. */
export function kept(rows, filter) {
  const words = fold(filter).split(/\s+/u).filter(Boolean);
  const hits = rows.map(({ text }) => words.every((word) => text.includes(word)));
  const stays = [...hits];
  const parents = [];
  rows.forEach(({ depth }, index) => {
    parents[depth] = index;
    if (hits[index]) for (let above = 0; above < depth; above += 1) if (parents[above] !== undefined) stays[parents[above]] = true;
    parents.length = depth + 1;
  });
  return { stays, count: hits.filter(Boolean).length };
}

function textOf(row) {
  const number = row.querySelector(".tag-number").textContent;
  const keyword = row.querySelector("[data-keyword]")?.dataset.keyword ?? "";
  const plain = number.replace(/[^0-9a-z]/giu, "");
  return fold(`${row.textContent} ${keyword} (${number.trim()}) ${plain}`);
}

export function startTagFilter(box) {
  const table = document.getElementById(box.dataset.tagFilter);
  const field = box.querySelector("input");
  const says = box.querySelector("output");
  if (!table) return;
  let rows = null;

  function apply() {
    rows ??= [...table.querySelectorAll("tr[data-row]")].map((row) => ({ row, depth: Number(row.dataset.row), text: textOf(row) }));
    const { stays, count } = kept(rows, field.value);
    rows.forEach(({ row }, index) => {
      row.hidden = !stays[index];
      const more = row.nextElementSibling;
      if (more?.classList.contains("tag-more")) more.hidden = !stays[index];
    });
    for (const group of table.querySelectorAll("[data-group]")) {
      let next = group.nextElementSibling;
      while (next && !next.hasAttribute("data-group") && (next.hidden || !next.hasAttribute("data-row"))) next = next.nextElementSibling;
      group.hidden = !next || next.hasAttribute("data-group");
    }
    says.textContent = field.value.trim() ? `${count.toLocaleString("en").replaceAll(",", "\u202f")} of ${rows.length}` : "";
  }

  let waits = 0;
  field.addEventListener("input", () => { cancelAnimationFrame(waits); waits = requestAnimationFrame(apply); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field.value) { field.value = ""; apply(); event.stopPropagation(); event.preventDefault(); }
    if (event.key === "ArrowDown") { table.querySelector("tr[data-row]:not([hidden]) summary")?.focus(); event.preventDefault(); }
  });
  if (field.value) apply();
}

export function startExplain(details) {
  const room = details.closest("tr").nextElementSibling?.querySelector(".explanation");
  details.addEventListener("toggle", async () => {
    if (!details.open || !room || room.querySelector(":scope > :not(.needs-no-script)")) return;
    try {
      const response = await fetch(details.dataset.explain, { headers: { Accept: "text/html", "X-Part": "explanation" } });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const part = new DOMParser().parseFromString(await response.text(), "text/html");
      const words = part.querySelector(".explanation")?.childNodes ?? part.body.childNodes;
      room.replaceChildren(...[...words].map((node) => document.adoptNode(node)));
    } catch {
      room.textContent = "The explanation could not be loaded. Close it and open it again to ask once more.";
    }
  });
}
