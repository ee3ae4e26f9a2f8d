// One stack in one place: which frame, through which window, turned and moved how.
import { Frames } from "./frames.js";
import { forget, lookOf, namesOf, ready, register, storyOf } from "./images.js";
import { bounds, windowBetween } from "./numbers.js";

let made = 0;

export class Pane {
  /** `element` is filled; `list` are its frames as the server told them. */
  constructor(cornerstone, engine, element, list) {
    this.cornerstone = cornerstone;
    this.element = element;
    this.id = `pane-${made += 1}`;
    engine.enableElement({ viewportId: this.id, type: cornerstone.Enums.ViewportType.STACK, element });
    // Else a click would bring it the focus, and it would swallow every key.
    element.removeAttribute("tabindex");
    this.viewport = engine.getViewport(this.id);
    this.fill(list);
    element.addEventListener(cornerstone.Enums.Events.STACK_NEW_IMAGE, () => this.#dress());
  }

  /** Hold these frames from now on, and none of those before. */
  fill(list) {
    const { cache } = this.cornerstone;
    if (this.frames) this.close();
    this.frames = new Frames(list);
    this.stack = register(this.cornerstone, this.frames);
    this.look = {};
    this.index = -1;
    this.ids = [];
    this.how = "";
    this.isNew = true;
    this.frames.wants = (index) => ready(this.cornerstone, this.ids[index]);
    // Asked so, it does not count as used.
    this.frames.has = (index) => cache.isLoaded(this.ids[index]);
  }

  /** Show frame `index` as `look` says: {window: {center, width}} | {picture: true}, {invert}. */
  async show(index, look = this.look) {
    const how = look.window ? "numbers" : look.picture ? "picture" : "usual";
    const isNew = how !== this.how || how === "picture";
    // The same pictures again need no new names.
    const isSame = how === "picture" && this.how === how && look === this.look;
    this.look = look;
    this.index = index;
    this.how = how;
    if (isNew && !isSame) {
      this.ids = namesOf(this.stack, how === "picture" ? lookOf(this.cornerstone, this.stack) : how);
    }
    const coming = ready(this.cornerstone, this.ids[index]);
    this.frames.look(index);
    await coming;
    // Somebody may have gone on meanwhile.
    if (index !== this.index || this.look !== look) return false;
    if (this.viewport.getImageIds() === this.ids) await this.viewport.setImageIdIndex(index);
    else await this.#restack(index);
    if (index !== this.index || this.look !== look) return false;
    this.#dress();
    this.viewport.render();
    return true;
  }

  // How a stack is drawn lies in the names of its images; zoom and place stay over a change of it.
  async #restack(index) {
    const before = !this.isNew && this.viewport.getImageIds()?.length ? this.viewport.getViewPresentation() : null;
    await this.viewport.setStack(this.ids, index);
    if (before) this.viewport.setViewPresentation(before);
    this.isNew = false;
  }

  /** What is known of the frame that is shown; none while it is on its way. */
  get story() {
    const id = this.ids[this.index];
    return id && storyOf(this.cornerstone, id);
  }

  /** The frame that is shown as the server lists it: {image, frame, at, axes, ...}. */
  get place() {
    return this.frames.list[this.index];
  }

  /** What cornerstone calls it. */
  get imageId() {
    return this.ids[this.index];
  }

  // The window and the inversion of the frame that is shown; each may have its own.
  #dress() {
    const { story } = this;
    if (!story) return;
    const { about, isPicture } = story;
    // A picture of the server's is inverted already when it was asked for so.
    if (isPicture) {
      const inverted = Boolean(this.look.invert) && this.how !== "picture" && about.samples === 3;
      this.viewport.setProperties({ voiRange: { lower: 0, upper: 255 }, invert: inverted });
      return;
    }
    const [black, white] = this.look.window ? bounds(this.look.window, isExact(about)) : [about.black, about.white];
    const [low, high] = [black, white].map((value) => (value - about.intercept) / about.slope);
    this.viewport.setProperties({
      voiRange: { lower: Math.min(low, high), upper: Math.max(low, high) },
      invert: (high < low) !== (Boolean(about.invert) !== Boolean(this.look.invert)),
    });
  }

  /** The window that is shown, as {center, width}; none where the server's own picture stands. */
  get window() {
    const { story } = this;
    if (this.look.window) return this.look.window;
    if (!story || story.isPicture || story.about.black == null) return null;
    return windowBetween(story.about.black, story.about.white, isExact(story.about));
  }

  /** A window over all values of the frame, to begin with where the server's own picture stands. */
  get wholeWindow() {
    const { about } = this.story ?? {};
    if (!about || about.samples === 3) return null;
    const ends = [about.least, about.most].map((value) => value * about.slope + about.intercept);
    const [black, white] = [Math.min(...ends), Math.max(...ends)];
    return white > black ? windowBetween(black, white, isExact(about)) : null;
  }

  /** The narrowest window that dragging leads to: whole numbers are told apart to the last. */
  get leastWidth() {
    const { about } = this.story;
    const isWhole = about.type !== "float32";
    return isWhole ? Math.min(1, Math.abs(about.slope)) : (this.wholeWindow?.width ?? 1) / 4096;
  }

  /** Where the frame that is shown lies, as cornerstone has it. */
  get plane() {
    return this.cornerstone.metaData.get("imagePlaneModule", this.ids[this.index]);
  }

  /** How many pixels of the screen one of the image takes. */
  get scale() {
    const { plane } = this;
    if (!plane) return 1;
    const { parallelScale } = this.viewport.getCamera();
    // Asked of the element, its height would have the page laid out anew for every frame.
    const { height } = this.viewport.canvas;
    return (height / devicePixelRatio / (2 * parallelScale)) * plane.columnPixelSpacing;
  }

  /** Turn, flip, move or zoom: {rotation, flipHorizontal, flipVertical, zoom, pan}. */
  present(changes) {
    const wanted = { ...this.viewport.getViewPresentation(), ...changes };
    // Cornerstone's setViewPresentation flips, but never back.
    this.viewport.setCamera({ flipHorizontal: wanted.flipHorizontal, flipVertical: wanted.flipVertical });
    this.viewport.setViewPresentation(wanted);
    this.viewport.render();
  }

  /** Whole, upright and in its place again. */
  reset() {
    this.present({ rotation: 0, flipHorizontal: false, flipVertical: false });
    this.viewport.resetCamera();
    this.viewport.render();
  }

  /** Whole in a place of another size, turned and flipped as before. */
  fit() {
    const { rotation, flipHorizontal, flipVertical } = this.viewport.getViewPresentation();
    this.viewport.resetCamera();
    this.present({ rotation, flipHorizontal, flipVertical });
  }

  /** Show another window, until the next `show` says otherwise. */
  async setWindow(window) {
    const needsNumbers = this.how !== "numbers";
    this.look = { ...this.look, window, picture: false };
    if (needsNumbers) await this.show(this.index, this.look);
    else {
      this.#dress();
      this.viewport.render();
    }
  }

  close() {
    this.frames.close();
    forget(this.cornerstone, this.stack);
  }
}

/** Whether a window's ends are its ends: without the half offsets, which are for whole numbers. */
const isExact = (about) => about.function === "LINEAR_EXACT";
