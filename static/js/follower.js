// A picture of the server that follows a control: one request at a time, and always for what is wanted now.

/** Gives `show(changes)`: the picture at its address with these parameters changed; `shown` hears when it is there. */
export function follower(image, shown = () => {}) {
  let wanted = null;
  let loading = false;

  function fetchOne() {
    const href = wanted;
    const next = new Image();
    loading = true;
    const over = () => {
      loading = false;
      if (next.complete && next.naturalWidth) image.src = next.src;
      if (wanted !== href) fetchOne();
      else shown();
    };
    next.addEventListener("load", over, { once: true });
    next.addEventListener("error", over, { once: true });
    next.src = href;
  }

  return (changes) => {
    const url = new URL(wanted ?? image.src, location.href);
    for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, String(value));
    if (url.href === wanted) return;
    wanted = url.href;
    if (!loading) fetchOne();
  };
}
