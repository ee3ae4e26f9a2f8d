// Windowing by dragging: across changes the width by its own share, down the center by a share of the width.

const WIDTH_SHARE = 1 / 220;
const CENTER_SHARE = 1 / 400;

/** A window after a drag of so many pixels; it gets no narrower than `leastWidth`. */
export function dragged(from, across, down, leastWidth) {
  const width = Math.max(leastWidth, from.width * Math.exp(across * WIDTH_SHARE));
  return { center: from.center + down * from.width * CENTER_SHARE, width };
}

/** The tool as a class of cornerstone's; it acts on the pane that is dragged in. */
export function windowTool(cornerstone, stage) {
  return class WindowTool extends cornerstone.BaseTool {
    static toolName = "Window";

    constructor(toolProps = {}, defaults = { supportedInteractionTypes: ["Mouse", "Touch"] }) {
      super(toolProps, defaults);
      this.mouseDragCallback = (event) => this.#drag(event.detail);
      this.touchDragCallback = this.mouseDragCallback;
      this.mouseUpCallback = () => stage.settle();
      this.touchEndCallback = this.mouseUpCallback;
    }

    #drag({ element, deltaPoints }) {
      const pane = stage.panes.find((one) => one.element === element);
      const from = pane?.window ?? pane?.wholeWindow;
      if (!from) return;
      const [across, down] = deltaPoints.canvas;
      pane.setWindow(dragged(from, across, down, pane.leastWidth));
      stage.tell();
    }
  };
}
