// Marks on the stage: drawn with cornerstone's tools, measured here, kept on the server at once.
import { askText } from "../dialogs.js";
import { bind } from "../keys.js";
import { came, load } from "../swap.js";
import { toPixels, toSpace } from "./ground.js";
import { Keeper } from "./keeper.js";
import { linesOf, measure } from "./measures.js";

const LIST_RESTS_MS = 350;
const LOOKS_AGAIN_MS = 20_000;

/** The kinds of marks and the tools that draw them. */
export const KINDS = {
  length: "LengthTool", angle: "AngleTool", cobb: "CobbAngleTool", rectangle: "RectangleROITool",
  ellipse: "EllipticalROITool", freehand: "PlanarFreehandROITool", arrow: "ArrowAnnotateTool", probe: "ProbeTool",
};

const LEAST_POINTS = { length: 2, angle: 3, cobb: 4, rectangle: 2, ellipse: 4, freehand: 3, arrow: 2, probe: 1 };
const COLORS = { color: "rgb(255, 213, 79)", colorHighlighted: "rgb(255, 236, 179)", colorSelected: "rgb(90, 209, 195)" };
const STYLE = {
  ...COLORS, lineWidth: "1.6", textBoxFontSize: "13px", textBoxFontFamily: "system-ui, sans-serif", textBoxColor: COLORS.color,
  textBoxColorHighlighted: COLORS.colorHighlighted, textBoxColorSelected: COLORS.colorSelected, textBoxLinkLineDash: "2,3",
  textBoxBackground: "rgba(0, 0, 0, 0.45)",
};

/** The points that are kept of the handles of a tool: to a ten-thousandth of a pixel, of a rectangle two corners. */
function pointsOf(kind, handles) {
  const kept = kind === "rectangle" && handles.length === 4 ? [handles[0], handles[3]] : handles;
  return kept.map((point) => point.map((one) => Math.round(one * 1e4) / 1e4));
}

/** The handles of the tool that drew a mark. */
function handlesOf({ kind, points }) {
  if (kind !== "rectangle") return points;
  const [[left, top], [right, bottom]] = points;
  return [[left, top], [right, top], [left, bottom], [right, bottom]];
}

/** The marks that a list of the server's holds; null when it cannot be had. */
async function marksAt(url) {
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    return response.ok ? (await response.json()).marks : null;
  } catch {
    return null;
  }
}

/** Whether a mark is only the click that was to begin it. */
function isNothing({ kind, points }) {
  const [[x, y]] = points;
  return kind !== "probe" && points.every((point) => Math.hypot(point[0] - x, point[1] - y) < 0.5);
}

export class Marks {
  constructor(stage) {
    this.stage = stage;
    const { annotation, ToolEnums, eventTarget } = this.cornerstone = stage.cornerstone;
    this.state = annotation.state;
    this.kinds = new Map(Object.entries(KINDS).map(([kind, name]) => [this.cornerstone[name].toolName, kind]));
    this.kept = new Map();
    this.dressed = new WeakSet();
    this.fetched = new Set();
    const { style } = annotation.config;
    const usual = style.getDefaultToolStyles();
    style.setDefaultToolStyles({ ...usual, global: { ...usual.global, ...STYLE } });
    this.keeper = new Keeper({ told: (mark) => this.#told(mark), changed: () => this.#listChanged() });
    for (const kind of Object.keys(KINDS)) stage.tools.configure(kind, this.#manners(kind));
    const { ANNOTATION_ADDED, ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED } = ToolEnums.Events;
    eventTarget.addEventListener(ANNOTATION_ADDED, ({ detail }) => this.#began(detail.annotation, detail.viewportId));
    eventTarget.addEventListener(ANNOTATION_COMPLETED, ({ detail }) => this.#done(detail.annotation));
    eventTarget.addEventListener(ANNOTATION_MODIFIED, ({ detail }) => this.#moved(detail.annotation));
    eventTarget.addEventListener(ANNOTATION_REMOVED, ({ detail }) => this.#gone(detail.annotation));
    document.addEventListener("stage:shown", ({ detail: { pane } }) => {
      this.draw();
      // A series that came into a pane.
      if (!this.fetched.has(pane.series)) this.fetch();
    });
    document.addEventListener("submit", (event) => this.#submitted(event));
    document.addEventListener("visibilitychange", () => this.fetch());
    setInterval(() => this.fetch(), LOOKS_AGAIN_MS);
    bind(["Delete", "Backspace"], () => this.#removeChosen());
    bind("Ctrl+z", () => stage.isLive && this.keeper.undo());
    bind(["Ctrl+y", "Ctrl+Z"], () => stage.isLive && this.keeper.redo());
    this.fetch();
  }

  // What every tool is told: its words are ours.
  #manners(kind) {
    const words = (data) => (data.mark ? linesOf(data.mark.figures) : undefined);
    const manners = { getTextLines: words };
    if (kind === "freehand") manners.allowOpenContours = false;
    if (kind === "arrow") {
      const question = "What does the arrow point at?";
      manners.getTextCallback = (done) => askText(question).then(done);
      manners.changeTextCallback = (data, _event, done) => askText(question, data.text).then((text) => done(text ?? data.text));
    }
    return manners;
  }

  /** Ask the server for the marks of the series that are shown; those made elsewhere come in, those removed go. */
  async fetch() {
    const list = document.querySelector("[data-marks]")?.dataset.list;
    if (!list || document.hidden || this.keeper.isBusy) return;
    const shown = [...new Set(this.stage.panes.map(({ series }) => series))];
    this.fetched = new Set(shown);
    const told = await Promise.all(shown.map((series) => marksAt(list.replace(/\/series\/[^/]+\//, `/series/${series}/`))));
    // What could not be asked, or was drawn meanwhile, stays as it is.
    if (this.keeper.isBusy || told.includes(null)) return;
    const marks = told.flat();
    const now = new Set(marks.map((mark) => mark.key));
    for (const key of [...this.kept.keys()]) if (!now.has(key)) this.#forget(key);
    for (const mark of marks) this.#told(mark);
    this.draw();
  }

  // What the server keeps of a mark, newer than what is drawn or unknown until now.
  #told(mark) {
    if (mark.removed) {
      this.#forget(mark.key);
      this.draw();
      return;
    }
    const drawn = this.state.getAnnotation(mark.key);
    const isOld = this.kept.get(mark.key)?.version !== mark.version;
    this.kept.set(mark.key, mark);
    if (drawn && isOld && JSON.stringify(drawn.data.mark?.points) !== JSON.stringify(mark.points)) {
      this.#silently(() => this.state.removeAnnotation(mark.key));
      this.draw();
    } else if (drawn) drawn.data.mark = { ...mark };
  }

  #forget(key) {
    this.kept.delete(key);
    if (this.state.getAnnotation(key)) this.#silently(() => this.state.removeAnnotation(key));
    this.stage.render();
  }

  #silently(deed) {
    this.isSilent = true;
    try { deed(); } finally { this.isSilent = false; }
  }

  /** Draw the marks of the frames that are shown, which are known by now. */
  draw() {
    for (const pane of this.stage.panes) {
      const { story, place, element } = pane;
      if (!this.dressed.has(element)) {
        this.dressed.add(element);
        element.addEventListener(this.cornerstone.ToolEnums.Events.ANNOTATION_RENDERED, () => this.#dress(element));
      }
      if (!story) continue;
      for (const mark of this.kept.values()) {
        if (mark.image !== place.image || mark.frame !== place.frame || this.state.getAnnotation(mark.key)) continue;
        this.#silently(() => this.state.addAnnotation(this.#annotationOf(mark, pane), pane.element));
      }
    }
    this.stage.render();
  }

  #annotationOf(mark, pane) {
    const { ground } = pane.story;
    const camera = pane.viewport.getCamera();
    const points = handlesOf(mark).map((point) => toSpace(ground, point));
    const nowhere = [0, 0, 0];
    const isContour = mark.kind === "freehand";
    return {
      annotationUID: mark.key, highlighted: false, invalidated: false, isLocked: !mark.mine, isVisible: true,
      metadata: {
        toolName: this.cornerstone[KINDS[mark.kind]].toolName, FrameOfReferenceUID: pane.viewport.getFrameOfReferenceUID(),
        referencedImageId: pane.imageId, viewPlaneNormal: [...camera.viewPlaneNormal], viewUp: [...camera.viewUp],
      },
      data: {
        mark: { ...mark }, cachedStats: {}, label: mark.text, text: mark.text,
        handles: {
          points: isContour ? [] : points, activeHandleIndex: null, arrowFirst: true,
          textBox: {
            hasMoved: false, worldPosition: nowhere,
            worldBoundingBox: { topLeft: nowhere, topRight: nowhere, bottomLeft: nowhere, bottomRight: nowhere },
          },
        },
        ...(isContour ? { contour: { closed: true, polyline: points }, isOpenUShapeContour: false } : {}),
      },
    };
  }

  // What an arrow says may name a person.
  #dress(element) {
    for (const text of element.querySelectorAll("g[data-annotation-uid]")) {
      if (this.state.getAnnotation(text.dataset.annotationUid)?.data.mark?.kind === "arrow") text.dataset.identity = "";
    }
  }

  #began(annotation, viewportId) {
    const kind = this.kinds.get(annotation.metadata.toolName);
    const pane = this.stage.panes.find((one) => one.id === viewportId) ?? this.stage.pane;
    if (this.isSilent || !kind || !pane.story) return;
    const { image, frame } = pane.place;
    annotation.data.mark = { key: annotation.annotationUID, kind, image, frame, figures: {}, version: 0, mine: true };
    this.drawing = annotation.annotationUID;
  }

  // Each move is measured at once; it is kept when it is over.
  #measure(annotation) {
    const { mark } = annotation.data;
    const pane = mark && this.stage.panes.find(({ place, story }) => story && place.image === mark.image && place.frame === mark.frame);
    if (!pane) return false;
    const { about, numbers, ground } = pane.story;
    const handles = (annotation.data.contour?.polyline ?? annotation.data.handles.points).map((point) => toPixels(ground, point));
    const points = pointsOf(mark.kind, handles);
    // While it is drawn, some of its points may not be there.
    if (points.length < LEAST_POINTS[mark.kind]) return false;
    Object.assign(mark, measure(mark.kind, points, about, numbers), { points, text: annotation.data.label ?? annotation.data.text ?? "" });
    return true;
  }

  #moved(annotation) {
    if (this.isSilent || !this.#measure(annotation) || annotation.annotationUID === this.drawing) return;
    clearTimeout(this.movedLast);
    this.movedLast = setTimeout(() => this.#keep(annotation), LIST_RESTS_MS);
  }

  #done(annotation) {
    this.drawing = null;
    if (!this.isSilent && this.#measure(annotation)) this.#keep(annotation);
  }

  #keep(annotation) {
    const { mark } = annotation.data;
    const before = this.kept.get(mark.key);
    if (!before && isNothing(mark)) {
      this.#silently(() => this.state.removeAnnotation(mark.key));
      return;
    }
    if (before && String(before.points) === String(mark.points) && before.text === mark.text) return;
    this.kept.set(mark.key, { ...mark });
    this.keeper.keep({ ...mark }, before);
  }

  #gone(annotation) {
    const mark = this.kept.get(annotation.annotationUID);
    // One that was given up while it was drawn was never kept.
    if (!this.isSilent && mark) this.keeper.remove(mark);
  }

  #removeChosen() {
    const { selection } = this.cornerstone.annotation;
    const chosen = selection.getAnnotationsSelected().filter((key) => this.kept.get(key)?.mine);
    if (!this.stage.isLive || !chosen.length) return false;
    for (const key of chosen) this.state.removeAnnotation(key);
    this.stage.render();
    return true;
  }

  // The list beside the picture is the page's own; what is done there needs no other page.
  #submitted(event) {
    const mark = this.kept.get(event.target.closest?.("[data-mark]")?.dataset.mark);
    if (!this.stage.isLive || !mark) return;
    event.preventDefault();
    const text = new FormData(event.target).get("text");
    if (text === null) {
      if (this.state.getAnnotation(mark.key)) this.state.removeAnnotation(mark.key);
      else this.keeper.remove(mark);
    } else this.keeper.keep({ ...mark, text }, mark);
    this.stage.render();
  }

  #listChanged() {
    clearTimeout(this.listing);
    this.listing = setTimeout(() => this.#list().catch(() => { /* The next change asks again. */ }), LIST_RESTS_MS);
  }

  async #list() {
    const { page } = await load(location.href);
    const [old, fresh] = [document, page].map((one) => one.querySelector("[data-marks]"));
    if (!old || !fresh) return;
    // Not under somebody's hands.
    if (old.querySelector("textarea:focus")) {
      this.#listChanged();
      return;
    }
    const adopted = document.adoptNode(fresh);
    old.replaceWith(adopted);
    came(adopted);
  }
}
