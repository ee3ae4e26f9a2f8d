// What a page says about itself to its scripts, and the one way they ask the server.

const said = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** An address of this gallery, wherever it is mounted. */
export const at = (path) => said("root") + path;

/** The headers of a request that writes. */
export const writing = () => ({ "X-CSRFToken": said("csrf-token") });

/** Whether a key press belongs to a field that is being typed into. */
export function isTyping(target) {
  return target instanceof Element
    && (target.matches("textarea, select, [contenteditable]")
      || target.matches("input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])"));
}

/** Run what a person waits for; the page looks busy only when it takes long enough to be felt. */
export async function busy(work) {
  const root = document.documentElement;
  const timer = setTimeout(() => { root.dataset.busy = "long"; }, 200);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    delete root.dataset.busy;
  }
}
