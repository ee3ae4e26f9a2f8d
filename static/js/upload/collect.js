// Files from a button, a folder or a drop, each with its path inside what was chosen.

/** [{name, file}] of an <input type=file>, with or without webkitdirectory. */
export function fromInput(input) {
  return [...input.files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
}

/** [{name, file}] of a drop; must be called while the event is being handled, answers when folders are read. */
export async function fromDrop(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ name: entry.name, file: entry });
    else if (entry) await walk(entry, found);
  }
  return found;
}

async function walk(entry, found) {
  const name = entry.fullPath.replace(/^\/+/u, "");
  if (entry.isFile) {
    const file = await new Promise((resolve) => { entry.file(resolve, () => resolve(null)); });
    if (file) found.push({ name, file });
    return;
  }
  const reader = entry.createReader();
  // A reader hands over a hundred at a time, and nothing when it is done.
  for (;;) {
    const some = await new Promise((resolve) => { reader.readEntries(resolve, () => resolve([])); });
    if (some.length === 0) return;
    for (const one of some) await walk(one, found);
  }
}

/** Whether a file is sent alone, as it is: an archive the server unpacks. */
export const isArchive = ({ name }) => /\.(zip|tar|tgz|tar\.gz|gz)$/iu.test(name);

/** What systems leave in folders and nobody means to send. */
export const isDebris = ({ name }) => /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX\/.*|\._[^/]*)$/iu.test(name);
