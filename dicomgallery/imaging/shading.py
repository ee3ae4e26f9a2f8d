"""A shaded drawing of triangles: parallel projection, a depth buffer, light from beside the eye; all in numpy."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.meshes import Triangles

MOST_WORK: Final = 60_000_000
"""Pixels looked at for one drawing; a file of huge triangles stops there."""
_AT_ONCE: Final = 2_000_000
_MARGIN: Final = 0.08
_AZIMUTH, _ELEVATION = np.radians(32.0), np.radians(22.0)
_LIGHT: Final = np.array([-0.35, 0.45, 0.82])
_DARK: Final = np.array([38.0, 66.0, 72.0])
_BRIGHT: Final = np.array([226.0, 240.0, 236.0])
_GROUND_TOP: Final = np.array([26.0, 33.0, 41.0])
_GROUND_BOTTOM: Final = np.array([11.0, 14.0, 18.0])


def draw(triangles: Triangles, side: int) -> tuple[NDArray[np.uint8], bool]:
    """A square of `side` pixels, and whether all was drawn. Its z axis points up; one looks along y, from aside."""
    fine = side * 2
    seen = _on_screen(triangles, fine)
    shade = _shades(seen)
    # The largest first, so that what is left out when there is too much to do is the finest.
    first, last = seen[..., :2].min(axis=1), seen[..., :2].max(axis=1)
    first = np.clip(np.ceil(first - 0.5), 0, fine - 1).astype(np.int32)
    last = np.clip(np.floor(last - 0.5), 0, fine - 1).astype(np.int32)
    extent = np.maximum(last - first + 1, 1)
    box = np.left_shift(1, np.ceil(np.log2(extent)).astype(np.int64))
    canvas = _Canvas(fine)
    work, complete = 0, True
    boxes = box[:, 0] * 4096 + box[:, 1]
    for key in np.unique(boxes)[::-1]:
        wide, high = int(key // 4096), int(key % 4096)
        members = np.flatnonzero(boxes == key)
        room = max(0, MOST_WORK - work) // (wide * high)
        complete &= len(members) <= room
        members = members[:room]
        work += len(members) * wide * high
        step = max(1, _AT_ONCE // (wide * high))
        for at in range(0, len(members), step):
            some = members[at : at + step]
            canvas.fill(seen[some], first[some], (wide, high), shade[some])
    return canvas.colored(), complete


def _on_screen(triangles: Triangles, fine: int) -> NDArray[np.float32]:
    """Right, down and towards the eye, in pixels: turned about z, then tipped."""
    low, high = triangles.reshape(-1, 3).min(axis=0), triangles.reshape(-1, 3).max(axis=0)
    centered = triangles - (low / 2 + high / 2)
    turn, tip = ((np.float32(np.cos(angle)), np.float32(np.sin(angle))) for angle in (_AZIMUTH, _ELEVATION))
    x, y, z = centered[..., 0], centered[..., 1], centered[..., 2]
    right, away = x * turn[0] + y * turn[1], y * turn[0] - x * turn[1]
    up, near = z * tip[0] + away * tip[1], z * tip[1] - away * tip[0]
    flat = np.stack([right, -up, near], axis=-1)
    corners = flat.reshape(-1, 3)
    least, most = corners.min(axis=0), corners.max(axis=0)
    extent = max(float((most - least)[:2].max()), 1e-30)
    flat -= (least + most) / 2
    flat *= np.float32(fine * (1 - 2 * _MARGIN) / extent)
    flat[..., :2] += np.float32(fine / 2)
    return np.asarray(flat, np.float32)


def _shades(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """How bright each triangle is, whichever way its corners turn: many files do not say which side is out."""
    normal = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0]).astype(np.float64)
    length = np.linalg.norm(normal, axis=1)
    normal /= np.where(length > 0, length, 1)[:, None]
    normal *= np.where(normal[:, 2:] < 0, -1.0, 1.0)
    light = _LIGHT * (1, -1, 1) / np.linalg.norm(_LIGHT)
    return np.clip(0.12 + 0.88 * np.clip(normal @ light, 0, 1), 0, 1).astype(np.float32)


class _Canvas:
    """How near and how bright what is seen at each place is."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._depth = np.full(side * side, -np.inf, np.float32)
        self._light = np.zeros(side * side, np.float32)

    def fill(
        self,
        seen: NDArray[np.float32],
        first: NDArray[np.int32],
        box: tuple[int, int],
        shade: NDArray[np.float32],
    ) -> None:
        """Draw triangles whose boxes have one size."""
        wide, high = box
        x = first[:, 0, None, None] + np.arange(wide, dtype=np.int32)[None, None, :]
        y = first[:, 1, None, None] + np.arange(high, dtype=np.int32)[None, :, None]
        a, b, c = (seen[:, at, :, None, None] for at in range(3))
        area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
        flat = area == 0
        area = np.where(flat, 1, area)
        px, py = x + np.float32(0.5), y + np.float32(0.5)
        to_b = ((px - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (py - a[:, 1])) / area
        to_c = ((b[:, 0] - a[:, 0]) * (py - a[:, 1]) - (px - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
        slack = np.float32(-1e-4)
        inside = (
            (to_b >= slack) & (to_c >= slack) & (to_b + to_c <= 1 - slack) & ~flat & (x < self._side) & (y < self._side)
        )
        if wide == high == 1:
            # Smaller than a pixel: it is seen even where it misses the middle of one.
            inside[:] = True
            to_b, to_c = np.full_like(to_b, 1 / 3), np.full_like(to_c, 1 / 3)
        which, row, column = np.nonzero(inside)
        one = (which, row, column)
        near = (a[:, 2] + to_b * (b[:, 2] - a[:, 2]) + to_c * (c[:, 2] - a[:, 2]))[one]
        place = (first[which, 1] + row).astype(np.int64) * self._side + first[which, 0] + column
        front = near > self._depth[place]
        which, near, place = which[front], near[front], place[front]
        # Of several for one place the last assignment stays, and that must be the nearest.
        order = np.argsort(near, kind="stable")
        self._depth[place[order]] = near[order]
        self._light[place[order]] = shade[which[order]]

    def colored(self) -> NDArray[np.uint8]:
        """The drawing in half the size, its edges smooth."""
        side = self._side
        depth, light = self._depth.reshape(side, side), self._light.reshape(side, side)
        down = np.linspace(0, 1, side)[:, None, None]
        picture = np.broadcast_to(_GROUND_TOP + (_GROUND_BOTTOM - _GROUND_TOP) * down, (side, side, 3)).copy()
        hit = np.isfinite(depth)
        if hit.any():
            nearest, farthest = float(depth[hit].max()), float(depth[hit].min())
            # What is farther off is a little darker: a flat drawing gains its depth by it.
            away = (nearest - depth[hit]) / max(nearest - farthest, 1e-6)
            picture[hit] = _DARK + (_BRIGHT - _DARK) * (light[hit] * (1 - 0.3 * away))[:, None]
        halved = picture.reshape(side // 2, 2, side // 2, 2, 3).mean(axis=(1, 3))
        return np.asarray(np.clip(halved + 0.5, 0, 255), np.uint8)
