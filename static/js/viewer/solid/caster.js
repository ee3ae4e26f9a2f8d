// Draws a whole volume by WebGL 2: coarsely while it moves, then finely, strip by strip, so that the page never waits.
import { bricksOf, scaleOf, takeIn } from "./cubes.js";
import { VERTEX, fragment } from "./shader.js";
import { sightOf } from "./sight.js";
import { seenIn, tableOf } from "./tints.js";

/** Of the pixels of the screen along a side that are drawn; as few as the card needs to keep up. */
const SHARES = [1, 0.71, 0.5, 0.35, 0.25, 0.18];
const COARSE = 3;
/** Cubes between two looks along a line of sight, once the picture rests. */
const STEPS = { mip: 1, minip: 1, mean: 1, surface: 0.5, solid: 0.6 };
const QUICK_MS = 22;
const SLOW_MS = 55;
const STRIP_MS = 40;
const LEVELS_AT_ONCE = 24;
const breath = () => new Promise((resolve) => { setTimeout(resolve); });

export class Caster {
  /** Takes a canvas; throws where it cannot be drawn on. */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", {
      antialias: false, alpha: false, depth: false, preserveDrawingBuffer: true, powerPreference: "high-performance",
    });
    if (!gl) throw new Error("no WebGL 2");
    this.canvas = canvas;
    this.gl = gl;
    this.share = 2;
    this.programs = new Map();
    this.target = gl.createFramebuffer();
    this.picture = gl.createTexture();
    this.textures = { numbers: [0, gl.TEXTURE_3D], bricks: [1, gl.TEXTURE_3D], tints: [2, gl.TEXTURE_2D] };
    for (const one of Object.values(this.textures)) one.push(gl.createTexture());
  }

  /** Take in the numbers of a volume; the page breathes meanwhile. */
  async load({ about, pixels }) {
    const { gl } = this;
    const { columns, rows, levels } = about;
    this.about = about;
    this.scale = scaleOf(about);
    this.#bind("numbers", gl.LINEAR);
    gl.texStorage3D(gl.TEXTURE_3D, 1, gl.R16F, columns, rows, levels);
    const level = columns * rows;
    const shares = new Float32Array(level);
    const start = this.scale.share(0);
    const slope = this.scale.share(1) - start;
    this.bricks = bricksOf(about);
    for (let at = 0; at < levels; at += 1) {
      for (let one = 0, from = at * level; one < level; one += 1) {
        const share = pixels[from + one] * slope + start;
        shares[one] = share >= 0 ? share : 0;
      }
      takeIn(this.bricks, about, at, shares);
      this.#bind("numbers");
      gl.texSubImage3D(gl.TEXTURE_3D, 0, 0, 0, at, columns, rows, 1, gl.RED, gl.FLOAT, shares);
      if (at % LEVELS_AT_ONCE === LEVELS_AT_ONCE - 1) await breath();
    }
    this.#bind("bricks", gl.NEAREST);
    gl.texStorage3D(gl.TEXTURE_3D, 1, gl.RGBA16F, ...this.bricks.size);
  }

  /** What is shown of it: {shows, tint, threshold, black, white, strength}. */
  dress(look) {
    const { gl } = this;
    this.look = look;
    const { ends, size } = this.bricks;
    const { ofValue, valueOf } = this.scale;
    let seen = () => true;
    if (look.shows === "solid") {
      const table = tableOf(look.tint, look.threshold, this.about.unit === "HU" ? null : this.about);
      this.span = table.span.map(ofValue);
      const isSeen = seenIn(table);
      seen = (least, most) => isSeen(valueOf(least), valueOf(most));
      this.#bind("tints", gl.LINEAR);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, table.colors.length / 4, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, table.colors);
    }
    const told = new Float32Array(ends.length * 2);
    for (let from = 0, to = 0; from < ends.length; from += 2, to += 4) {
      told[to] = ends[from];
      told[to + 1] = ends[from + 1];
      told[to + 2] = Number(seen(ends[from], ends[from + 1]));
    }
    this.#bind("bricks");
    gl.texSubImage3D(gl.TEXTURE_3D, 0, 0, 0, 0, ...size, gl.RGBA, gl.FLOAT, told);
  }

  /** Draw it at once, as coarsely as it must be to follow a hand; gives the milliseconds it took. */
  async sketch(view) {
    this.strips = null;
    const before = performance.now();
    const share = SHARES[this.share];
    const [width, height] = [this.canvas.width, this.canvas.height].map((side) => Math.max(1, Math.round(side * share)));
    this.#aim(view, width, height, Math.max(STEPS[this.look.shows], share < 0.4 ? 1.5 : 1));
    this.gl.scissor(0, 0, width, height);
    this.gl.drawArrays(this.gl.TRIANGLES, 0, 3);
    this.#show(width, height);
    await this.#arrived();
    const took = performance.now() - before;
    if (took > SLOW_MS && this.share < SHARES.length - 1) this.share += 1;
    if (took < QUICK_MS && this.share > 0) this.share -= 1;
    return took;
  }

  /** Draw it as finely as the screen is (or the server, on a slow card), strip by strip; true when all of it is there. */
  async finish(view) {
    const mine = this.strips = {};
    const { gl } = this;
    const share = this.share < COARSE ? 1 : SHARES[1];
    const [width, height] = [this.canvas.width, this.canvas.height].map((side) => Math.round(side * share));
    let rows = 16;
    for (let top = 0; top < height;) {
      await new Promise((resolve) => { requestAnimationFrame(resolve); });
      if (this.strips !== mine || gl.isContextLost()) return false;
      const before = performance.now();
      this.#aim(view, width, height, STEPS[this.look.shows], top > 0);
      gl.scissor(0, top, width, Math.min(rows, height - top));
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      await this.#arrived();
      top += rows;
      const took = Math.max(1, performance.now() - before);
      rows = Math.max(8, Math.min(height, Math.round(rows * Math.min(4, STRIP_MS / took))));
    }
    if (this.strips !== mine) return false;
    this.#show(width, height);
    await this.#arrived();
    return this.strips === mine;
  }

  /** Of as many values as can be looked at in a moment, the ends of the means along the gaze. */
  meanEnds(view, pixels) {
    const { about, scale } = this;
    const { across, down, into } = sightOf(about, view.angle, view.tilt);
    const counts = [about.columns, about.rows, about.levels];
    const strides = [1, about.columns, about.columns * about.rows];
    const means = [];
    const [many, deep] = [48, 64];
    for (let one = 0; one < many * many; one += 1) {
      const [u, v] = [one % many, Math.floor(one / many)].map((at) => ((at + 0.5) / many - 0.5) * about.reach_mm);
      let total = 0;
      let held = 0;
      for (let step = 0; step < deep; step += 1) {
        const s = ((step + 0.5) / deep - 0.5) * about.reach_mm * 1.2;
        let place = 0;
        for (let axis = 0; axis < 3; axis += 1) {
          const at = Math.floor((0.5 + u * across[axis] + v * down[axis] + s * into[axis]) * counts[axis]);
          place = at < 0 || at >= counts[axis] ? NaN : place + at * strides[axis];
        }
        if (Number.isNaN(place)) continue;
        total += pixels[place];
        held += 1;
      }
      if (held) means.push(scale.share(total / held));
    }
    means.sort((a, b) => a - b);
    return { black: scale.valueOf(0), white: scale.valueOf(means[Math.floor(means.length * 0.998)] ?? 1) };
  }

  close() {
    this.strips = null;
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  #bind(name, filter = 0) {
    const { gl } = this;
    const [unit, kind, texture] = this.textures[name];
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(kind, texture);
    if (!filter) return;
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(kind, way, filter);
    for (const way of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) gl.texParameteri(kind, way, gl.CLAMP_TO_EDGE);
  }

  /** Make ready to draw a view on the target: {angle, tilt, zoom, pan, box}; `cube` steps are taken in each cube. */
  #aim(view, width, height, cube, again = false) {
    const { gl, about, look, scale } = this;
    const { program, places } = this.#program(look.shows);
    gl.useProgram(program);
    for (const name of Object.keys(this.textures)) this.#bind(name);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    if (!again) this.#stretch(width, height);
    gl.viewport(0, 0, width, height);
    gl.enable(gl.SCISSOR_TEST);
    const sight = sightOf(about, view.angle, view.tilt);
    const perPixel = about.reach_mm / Math.min(width, height) / view.zoom;
    const [black, white] = [look.black, look.white].map(scale.ofValue);
    const put = (name, kind, ...values) => gl[`uniform${kind}`](places(name), ...values);
    for (const [name, [unit]] of Object.entries(this.textures)) put(name, "1i", unit);
    for (const name of ["across", "down", "into", "nearest", "light", "halfway"]) put(name, "3fv", sight[name]);
    put("ways", "Matrix3fv", false, sight.ways);
    put("backwards", "1f", sight.backwards);
    put("quick", "1i", Number(cube >= 1));
    put("shift", "2f", -view.pan[0], -view.pan[1]);
    put("extent", "2f", (perPixel * width) / 2, (perPixel * height) / 2);
    put("low", "3f", ...view.box.map(([from]) => from));
    put("high", "3f", ...view.box.map(([, to]) => to));
    put("size", "3f", about.columns, about.rows, about.levels);
    put("stepMm", "1f", Math.hypot(...about.steps[0]) * cube);
    put("reachMm", "1f", about.reach_mm);
    put("ramp", "2f", 1 / (white - black || 1e-6), -black / (white - black || 1e-6));
    put("threshold", "1f", scale.ofValue(look.threshold));
    put("span", "2f", ...(this.span ?? [0, 1]));
    put("strength", "1f", look.strength);
    put("inverted", "1i", Number(about.invert));
  }

  #program(shows) {
    if (!this.programs.has(shows)) {
      const program = programOf(this.gl, fragment(shows));
      const found = new Map();
      const places = (name) => {
        if (!found.has(name)) found.set(name, this.gl.getUniformLocation(program, name));
        return found.get(name);
      };
      this.programs.set(shows, { program, places });
    }
    return this.programs.get(shows);
  }

  #stretch(width, height) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + 3);
    gl.bindTexture(gl.TEXTURE_2D, this.picture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.picture, 0);
  }

  #show(width, height) {
    const { gl } = this;
    gl.disable(gl.SCISSOR_TEST);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.target);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    const same = width === this.canvas.width;
    gl.blitFramebuffer(0, 0, width, height, 0, 0, this.canvas.width, this.canvas.height, gl.COLOR_BUFFER_BIT,
      same ? gl.NEAREST : gl.LINEAR);
  }

  // Until the picture is there: a card that is told of more than it can draw would lag behind the hand.
  async #arrived() {
    const { gl } = this;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    while (fence && gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.UNSIGNALED) await breath();
    gl.deleteSync(fence);
  }
}

function programOf(gl, source) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, source]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("The graphics card refused the program");
  return program;
}
