// Marks on the stage: drawn with cornerstone's tools, measured here, kept on the server at once.
import { bind } from "../keys.js";
import { visit } from "../swap.js";
import { toPixels, toSpace } from "./ground.js";
import { Keeper } from "./keeper.js";
import { linesOf, measure } from "./measures.js";
import { askText } from "./texts.js";

const LIST_RESTS_MS = 350;
const LOOKS_AGAIN_MS = 20_000;

/** The kinds of marks and the tools that draw them. */
export const KINDS = {
  length: "LengthTool", angle: "AngleTool", cobb: "CobbAngleTool", rectangle: "RectangleROITool",
  ellipse: "EllipticalROITool", freehand: "PlanarFreehandROITool", arrow: "ArrowAnnotateTool", probe: "ProbeTool",
};

export class Marks {
  constructor(stage) {
    this.stage = stage;
    const { annotation, ToolEnums, eventTarget } = this.cornerstone = stage.cornerstone;
    this.state = annotation.state;
    this.kinds = new Map(Object.entries(KINDS).map(([kind, name]) => [this.cornerstone[name].toolName, kind]));
    this.kept = new Map();
    this.keeper = new Keeper({ told: (mark) => this.#told(mark), changed: () => this.#listChanged() });
    for (const kind of Object.keys(KINDS)) stage.tools.configure(kind, this.#manners(kind));
    const { ANNOTATION_ADDED, ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED } = ToolEnums.Events;
    eventTarget.addEventListener(ANNOTATION_ADDED, ({ detail }) => this.#began(detail.annotation, detail.viewportId));
    eventTarget.addEventListener(ANNOTATION_COMPLETED, ({ detail }) => this.#done(detail.annotation));
    eventTarget.addEventListener(ANNOTATION_MODIFIED, ({ detail }) => this.#moved(detail.annotation));
    eventTarget.addEventListener(ANNOTATION_REMOVED, ({ detail }) => this.#gone(detail.annotation));
    document.addEventListener("stage:shown", () => this.draw());
    document.addEventListener("submit", (event) => this.#submitted(event));
    document.addEventListener("visibilitychange", () => this.fetch());
    setInterval(() => this.fetch(), LOOKS_AGAIN_MS);
    bind(["Delete", "Backspace"], () => this.#removeChosen());
    bind("Ctrl+z", () => stage.isLive && this.keeper.undo());
    bind(["Ctrl+y", "Ctrl+Z"], () => stage.isLive && this.keeper.redo());
    this.fetch();
  }

  // What every tool is told: its words are ours, and its own sums are not needed.
  #manners(kind) {
    const words = (data) => (data.mark ? linesOf(data.mark.figures) : undefined);
    const manners = { getTextLines: words, calculateStats: false, preventHandleOutsideImage: false };
    if (kind === "freehand") manners.allowOpenContours = false;
    if (kind === "arrow") {
      manners.getTextCallback = (done) => askText("").then(done);
      manners.changeTextCallback = (data, _event, done) => askText(data.text ?? "").then(done);
    }
    return manners;
  }

  /** Ask the server for the marks of the series; those made elsewhere come in, those removed go. */
  async fetch() {
    const list = document.querySelector("[data-marks]")?.dataset.list;
    if (!list || document.hidden || this.keeper.isBusy) return;
    const response = await fetch(list, { credentials: "same-origin" }).catch(() => null);
    if (!response?.ok) return;
    const { marks } = await response.json();
    if (this.keeper.isBusy) return;
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
      const { story, place } = pane;
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
    const points = mark.points.map((point) => toSpace(ground, point));
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
          textBox: { hasMoved: false, worldPosition: [0, 0, 0], worldBoundingBox: {} },
        },
        ...(isContour ? { contour: { closed: true, polyline: points }, isOpenUShapeContour: false } : {}),
      },
    };
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
    const points = (annotation.data.contour?.polyline ?? annotation.data.handles.points).map((point) => toPixels(ground, point));
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

  #keep({ data: { mark } }) {
    if (mark.kind === "length" && String(mark.points[0]) === String(mark.points[1])) return;
    this.keeper.keep({ ...mark }, this.kept.get(mark.key));
  }

  #gone(annotation) {
    if (!this.isSilent && annotation.data.mark) this.keeper.remove(this.kept.get(annotation.annotationUID) ?? annotation.data.mark);
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
    this.listing = setTimeout(() => visit(location.href, { push: false, hold: true }), LIST_RESTS_MS);
  }
}
