// Steps through the stack by dragging, and the one way that a hand or a player moves the page's slider.

const LEAST_PX = 6;
const MOST_PX = 24;

/** Let the page's slider go there, and the stage with it; while it is `playing` the page does not follow in words. */
export function step(index, playing = false) {
  document.dispatchEvent(new CustomEvent("stack:go", { detail: { index, playing } }));
}

/** How a drag becomes steps: a whole stack fits into the height of its pane, if that makes steps neither tiny nor long. */
export class Drag {
  constructor(pane) {
    this.pane = pane;
    this.rest = 0;
  }

  by(pixels) {
    const { pane } = this;
    const { count } = pane.frames;
    const size = Math.min(MOST_PX, Math.max(LEAST_PX, pane.element.clientHeight / count));
    this.rest += pixels;
    const steps = Math.trunc(this.rest / size);
    this.rest -= steps * size;
    const to = Math.max(0, Math.min(count - 1, pane.index + steps));
    if (to !== pane.index) step(to);
  }
}

/** The tool as a class of cornerstone's: dragging down goes on, dragging up goes back. */
export function scrollTool(cornerstone, stage) {
  return class ScrollTool extends cornerstone.BaseTool {
    static toolName = "Scroll";

    constructor(toolProps = {}, defaults = { supportedInteractionTypes: ["Mouse", "Touch"] }) {
      super(toolProps, defaults);
      this.mouseDragCallback = ({ detail }) => {
        this.drag ??= new Drag(stage.pane);
        this.drag.by(detail.deltaPoints.canvas[1]);
      };
      this.touchDragCallback = this.mouseDragCallback;
      this.mouseUpCallback = () => { this.drag = null; };
      this.touchEndCallback = this.mouseUpCallback;
    }
  };
}
