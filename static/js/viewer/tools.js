// The tools of the stage: what a drag does, and the deeds that are done at once. Wheel and slider step through the slices.
import { bind } from "../keys.js";
import { scrollTool } from "./steps.js";
import { windowTool } from "./window_tool.js";

const DEGREES = 90;
const ZOOM_STEP = 1.25;

/** The tools by the names of their buttons: the class that cornerstone knows them by, and the key that chooses them. */
const TOOLS = {
  scroll: ["ScrollTool", "s"], window: ["WindowTool", "w"], pan: ["PanTool", "m"], zoom: ["ZoomTool", "z"], length: ["LengthTool", "L"],
  angle: ["AngleTool", "A"], ellipse: ["EllipticalROITool", "E"], rectangle: ["RectangleROITool", "R"],
  freehand: ["PlanarFreehandROITool", "F"], probe: ["ProbeTool", "P"], cobb: ["CobbAngleTool", "C"],
  arrow: ["ArrowAnnotateTool", "T"], magnify: ["MagnifyTool", "M"],
};
/** Those that leave a mark. */
export const MARKING = ["length", "angle", "ellipse", "rectangle", "freehand", "probe", "cobb", "arrow"];

export class Tools {
  constructor(stage) {
    this.stage = stage;
    this.cornerstone = stage.cornerstone;
    this.chosen = "window";
    const { ToolGroupManager, addTool } = this.cornerstone;
    this.classes = {
      ...this.cornerstone, WindowTool: windowTool(this.cornerstone, stage), ScrollTool: scrollTool(this.cornerstone, stage),
    };
    this.group = ToolGroupManager.createToolGroup("stage");
    for (const [className] of Object.values(TOOLS)) {
      addTool(this.classes[className]);
      this.group.addTool(this.classes[className].toolName);
    }
    for (const tool of MARKING) this.group.setToolPassive(this.nameOf(tool));
    this.choose("window");
  }

  /** Let the tools work in a pane. */
  serve(pane) {
    this.group.addViewport(pane.id, this.stage.engine.id);
  }

  /** Tell a tool how to behave. */
  configure(tool, manners) {
    this.group.setToolConfiguration(this.nameOf(tool), manners);
  }

  nameOf(tool) {
    return this.classes[TOOLS[tool][0]].toolName;
  }

  // The middle button moves and the right one zooms whatever is chosen; two fingers do both.
  #rest() {
    const { MouseBindings } = this.cornerstone.ToolEnums;
    this.group.setToolActive(this.nameOf("pan"), { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
    this.group.setToolActive(this.nameOf("zoom"), {
      bindings: [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }],
    });
  }

  /** What a drag does from now on. */
  choose(tool) {
    const { MouseBindings } = this.cornerstone.ToolEnums;
    const before = this.nameOf(this.chosen);
    if (MARKING.includes(this.chosen)) this.group.setToolPassive(before);
    else this.group.setToolDisabled(before);
    this.#rest();
    const bindings = [{ mouseButton: MouseBindings.Primary }, { numTouchPoints: 1 }];
    if (tool === "pan") bindings.push({ mouseButton: MouseBindings.Auxiliary });
    if (tool === "zoom") bindings.push({ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 });
    this.group.setToolActive(this.nameOf(tool), { bindings });
    this.chosen = tool;
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
    for (const group of document.querySelectorAll(".tool-group")) {
      group.toggleAttribute("data-chosen", group.querySelector("[data-tool][aria-pressed=true]") !== null);
    }
  }
}

/** What is done to the pane at work, by the names of the buttons. */
export const DEEDS = {
  "turn-right": (stage) => turn(stage, DEGREES),
  "turn-left": (stage) => turn(stage, -DEGREES),
  "flip-across": (stage) => flip(stage, "flipHorizontal"),
  "flip-down": (stage) => flip(stage, "flipVertical"),
  "zoom-in": (stage) => zoom(stage, ZOOM_STEP),
  "zoom-out": (stage) => zoom(stage, 1 / ZOOM_STEP),
  reset: (stage) => stage.pane.reset(),
  // The whole page, of which the tools, the stage and the slider then stay: pages.css hides the rest.
  "full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
};

const KEYS = {
  "turn-right": "r", "turn-left": "l", "flip-across": "h", "flip-down": "v", "zoom-in": "+", "zoom-out": "-", reset: "=",
  "full-screen": "x",
};

function turn({ pane }, degrees) {
  const { rotation = 0 } = pane.viewport.getViewPresentation();
  pane.present({ rotation: (rotation + degrees + 360) % 360 });
}

// Left and right are those of the screen, though a picture is flipped first and turned then.
function flip({ pane }, which) {
  const { rotation = 0, [which]: isFlipped } = pane.viewport.getViewPresentation();
  pane.present({ [which]: !isFlipped, rotation: (360 - rotation) % 360 });
}

function zoom({ pane }, times) {
  pane.present({ zoom: (pane.viewport.getViewPresentation().zoom ?? 1) * times });
}

/** Wake the buttons and the keys; both do nothing while no stage is at work. */
export function startTools(stage) {
  const bar = document.querySelector("[data-tools]");
  for (const button of bar?.querySelectorAll("button") ?? []) button.disabled = false;
  bar?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.tool) stage.tools.choose(button.dataset.tool);
    else if (button?.dataset.deed) stage.deeds[button.dataset.deed]?.(stage);
    if (button) button.closest("details")?.removeAttribute("open");
  });
  const alive = (deed) => () => (stage.isLive ? void deed() : false);
  for (const [tool, [, key]] of Object.entries(TOOLS)) bind(key, alive(() => stage.tools.choose(tool)));
  for (const [deed, key] of Object.entries(KEYS)) bind(key, alive(() => DEEDS[deed](stage)));
}
