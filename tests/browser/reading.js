// What a reader cannot read or hit: text under 4.5:1 (large text 3:1), targets under 24 px (WCAG 2.2, 1.4.3 and 2.5.8).
() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (color) => {
    if (!known.has(color)) known.set(color, read(color));
    return known.get(color);
  };
  const read = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const linear = (value) => (value / 255 < 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const over = (top, under) => [0, 1, 2].map((part) => top[part] * top[3] + under[part] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let node = element; node; node = node.parentElement) layers.push(rgba(getComputedStyle(node).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const words = (element) => element.textContent.trim().slice(0, 30);
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    // Words on pictures stand on what the picture is; what is disabled is exempt.
    const exempt = ".card-picture, .visually-hidden, [disabled], [aria-disabled], noscript, svg";
    if (!hasText || element.closest(exempt) || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    const [light, dark] = [luminance(over(rgba(style.color), under)), luminance(under)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faint.push(`${words(element)} ${ratio.toFixed(2)}`);
  }
  const small = [];
  for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
    const box = (element.closest("label") ?? element).getBoundingClientRect();
    // Links within a sentence are exempt.
    const exempt = element.closest(".visually-hidden, .card-picture, p, dd, small, svg");
    if (exempt || !element.checkVisibility() || box.width < 1) continue;
    if (box.width < 24 || box.height < 24) small.push(`${words(element)} ${Math.round(box.width)}x${Math.round(box.height)}`);
  }
  return { faint, small, overflows: document.documentElement.scrollWidth > innerWidth };
}
