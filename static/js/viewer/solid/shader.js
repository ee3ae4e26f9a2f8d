// What each pixel of a whole volume is: one line of sight, followed through the cubes. Places are those of the texture:
// 0 to 1 along columns, rows and levels; numbers lie between 0, the least, and 1, the most.

export const SHOWS = { mip: 0, minip: 1, mean: 2, surface: 3, solid: 4 };

/** The sides of the bricks that are stepped over where nothing in them would be seen. */
export const BRICK = 8;

export const VERTEX = `#version 300 es
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0;
  at = vec2(corner.x, -corner.y);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

// The light of a surface is that of imaging/volumes/surface.py.
/** The program for one of `SHOWS`: each is as short as it can be. */
export const fragment = (shows) => `#version 300 es
#define SHOWS ${SHOWS[shows]}
precision highp float;
precision highp sampler3D;
uniform sampler3D numbers;
uniform sampler3D bricks;
uniform sampler2D tints;
uniform vec2 shift, extent;
uniform vec3 across, down, into;
uniform vec3 low, high, size;
uniform vec3 nearest;
uniform mat3 ways;
uniform vec3 light, halfway;
uniform float stepMm, reachMm;
uniform vec2 ramp, span;
uniform float threshold, strength, backwards;
uniform bool inverted, quick;
in vec2 at;
out vec4 color;

float jitter(vec2 pixel) {
  return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715))));
}

float number(vec3 place) { return texture(numbers, place).r; }

// So many steps lie before the end of the brick that this place is in.
float ahead(vec3 place, vec3 way) {
  vec3 bricksAlong = size / ${BRICK}.0;
  vec3 edge = (floor(place * bricksAlong) + step(0.0, way)) / bricksAlong;
  vec3 far = (edge - place) / way;
  return max(1.0, ceil(min(far.x, min(far.y, far.z)) / stepMm));
}

vec3 slope(vec3 place) {
  vec3 one = 1.0 / size;
  vec3 x = vec3(one.x, 0, 0), y = vec3(0, one.y, 0), z = vec3(0, 0, one.z);
  return vec3(
    number(place + x) - number(place - x), number(place + y) - number(place - y), number(place + z) - number(place - z));
}

// The same smoothed across each axis, so that noise does not look like gravel.
vec3 smoothSlope(vec3 place) {
  vec3 one = 1.0 / size;
  vec3 x = vec3(one.x, 0, 0), y = vec3(0, one.y, 0), z = vec3(0, 0, one.z);
  return slope(place + x) * vec3(0, 1, 1) + slope(place - x) * vec3(0, 1, 1)
    + slope(place + y) * vec3(1, 0, 1) + slope(place - y) * vec3(1, 0, 1)
    + slope(place + z) * vec3(1, 1, 0) + slope(place - z) * vec3(1, 1, 0);
}

vec3 gray(float value) {
  float shade = clamp(value * ramp.x + ramp.y, 0.0, 1.0);
  return vec3(inverted ? 1.0 - shade : shade);
}

float depth(vec3 place) {
  float share = dot(place, nearest);
  return 1.0 - 0.35 * (backwards > 0.5 ? 1.0 - share : share);
}

vec3 lit(vec3 place) {
  vec3 normal = normalize(-(ways * smoothSlope(place)) + 1e-9);
  float shade = 0.12 + 0.88 * max(dot(normal, light), 0.0) + 0.22 * pow(max(dot(normal, halfway), 0.0), 24.0);
  return vec3(min(shade, 1.0) * depth(place));
}

vec4 tint(float value) { return texture(tints, vec2((value - span.x) / (span.y - span.x), 0.5)); }

// One step of what is seen in color: lit as far as it has a side that can be.
vec4 shaded(vec3 place, float value, vec4 own) {
  vec3 one = 1.0 / size;
  vec3 rise = quick
    ? 2.0 * (vec3(number(place + vec3(one.x, 0, 0)), number(place + vec3(0, one.y, 0)), number(place + vec3(0, 0, one.z))) - value)
    : slope(place);
  vec3 rises = ways * rise;
  float steep = length(rises);
  vec3 normal = -rises / max(steep, 1e-6);
  float shade = 0.4 + 0.75 * max(dot(normal, light), 0.0);
  float shine = 0.3 * pow(max(dot(normal, halfway), 0.0), 28.0);
  float sure = smoothstep(0.0, 0.05 * (span.y - span.x), steep);
  float opacity = 1.0 - pow(1.0 - own.a, stepMm * strength);
  return opacity * vec4((own.rgb * mix(0.8, shade, sure) + shine * sure) * depth(place), 1.0);
}

void main() {
  vec3 start = vec3(0.5) + (shift.x + at.x * extent.x) * across + (shift.y + at.y * extent.y) * down;
  vec3 way = into + vec3(equal(into, vec3(0.0))) * 1e-9;
  vec3 one = (low - start) / way, other = (high - start) / way;
  vec3 near = min(one, other), far = max(one, other);
  float enters = max(near.x, max(near.y, near.z)), leaves = min(far.x, min(far.y, far.z));
  color = vec4(SHOWS < 3 ? gray(0.0) : vec3(0.0), 1.0);
  if (enters >= leaves) return;

  // Steps are counted from one plane before the volume, so that nothing crawls while the box moves.
  float count = ceil((enters + reachMm) / stepMm);
  float last = floor((leaves + reachMm) / stepMm);
  float late = SHOWS == 4 ? jitter(gl_FragCoord.xy) : 0.0;
  vec3 origin = start + (late * stepMm - reachMm) * way;
  vec3 one_ = way * stepMm;
  float best = SHOWS == 1 ? 1.0 : 0.0;
  float total = 0.0, held = 0.0;
  vec4 seen = vec4(0.0);
  vec3 met = vec3(-1.0);
  ivec3 most = textureSize(bricks, 0) - 1;
  while (count <= last) {
    vec3 place = origin + count * one_;
    vec4 brick = texelFetch(bricks, clamp(ivec3(place * size / ${BRICK}.0), ivec3(0), most), 0);
    bool isEmpty = (SHOWS == 0 && brick.g <= best) || (SHOWS == 1 && brick.r >= best)
      || (SHOWS == 3 && brick.g < threshold) || (SHOWS == 4 && brick.b == 0.0);
    float end = min(count + ahead(place, way), last + 1.0);
    if (isEmpty) {
      count = end;
      continue;
    }
    for (; count < end; count += 1.0) {
      float value = number(place);
      if (SHOWS == 0) best = max(best, value);
      if (SHOWS == 1) best = min(best, value);
      if (SHOWS == 2) { total += value; held += 1.0; }
      if (SHOWS == 3 && value >= threshold) { met = place; break; }
      if (SHOWS == 4) {
        vec4 own = tint(value);
        if (own.a > 0.0) seen += (1.0 - seen.a) * shaded(place, value, own);
      }
      place += one_;
    }
    if ((SHOWS == 3 && met.x >= 0.0) || (SHOWS == 4 && seen.a > 0.98)) break;
  }
  if (SHOWS == 3 && met.x >= 0.0) {
    vec3 before = met - one_;
    for (int turn = 0; turn < 5; turn += 1) {
      vec3 middle = (before + met) * 0.5;
      if (number(middle) >= threshold) met = middle; else before = middle;
    }
    color = vec4(lit(met), 1.0);
  }
  if (SHOWS < 2) color = vec4(gray(best), 1.0);
  if (SHOWS == 2) color = vec4(gray(held > 0.0 ? total / held : 0.0), 1.0);
  if (SHOWS == 4) color = vec4(seen.rgb, 1.0);
}`;
