"""Made-up bodies in numpy: what the synthetic images show."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]


@lru_cache(maxsize=8)
def grid(rows: int, columns: int) -> tuple[Plane, Plane]:
    """Return the coordinates of every pixel, -1 to 1, down and across."""
    down = np.linspace(-1, 1, rows, dtype=np.float32)[:, None].repeat(columns, axis=1)
    across = np.linspace(-1, 1, columns, dtype=np.float32)[None, :].repeat(rows, axis=0)
    return down, across


@lru_cache(maxsize=8)
def noise_bank(rows: int, columns: int, seed: int) -> Plane:
    """Return four planes of slightly smooth noise of deviation 1, shared by all slices of a series."""
    white = np.random.default_rng(seed).standard_normal((4, rows, columns), dtype=np.float32)
    near = np.roll(white, 1, 1) + np.roll(white, 1, 2) + np.roll(white, (1, 1), (1, 2))
    smooth: Plane = (white + near) * np.float32(0.5)
    return smooth


def noise(rows: int, columns: int, seed: int, number: int) -> Plane:
    """Return the noise of one slice: a plane of the bank, shifted so that neighbors differ."""
    bank = noise_bank(rows, columns, seed)
    shift = (number * 37 + 11) % columns
    shifted: Plane = np.roll(bank[number % 4], shift, axis=1)
    return shifted


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse by its center and half axes, in parts of half the picture."""

    down: float
    across: float
    height: float
    width: float

    def fill(self, plane: Plane, value: float) -> None:
        """Paint it into a plane, looking only at the box around it."""
        rows, columns = plane.shape
        top, bottom = _span(self.down, self.height, rows)
        left, right = _span(self.across, self.width, columns)
        y, x = (part[top:bottom, left:right] for part in grid(rows, columns))
        inside = ((y - self.down) / self.height) ** 2 + ((x - self.across) / self.width) ** 2 < 1
        plane[top:bottom, left:right][inside] = value


def _span(center: float, half: float, size: int) -> tuple[int, int]:
    first = int((center - half + 1) / 2 * (size - 1))
    last = int((center + half + 1) / 2 * (size - 1)) + 2
    return max(first, 0), min(max(last, 0), size)


def chest(rows: int, columns: int, level: float) -> Plane:
    """Return a transverse plane of a chest and upper belly in Hounsfield units; `level` 0 is high, 1 low."""

    def paint(value: float, down: float, across: float, height: float, width: float) -> None:
        Ellipse(float(down), float(across), float(height), float(width)).fill(plane, value)

    plane: Plane = np.full((rows, columns), -1000, np.float32)
    swell = 0.05 * np.sin(3 * level)
    paint(-95, 0, 0, 0.62 + swell, 0.86)  # fat
    paint(48, 0, 0, 0.56 + swell, 0.79)  # muscle
    if level < 0.62:
        lung = (1 - (level / 0.62) ** 3) ** 0.5
        for side in (-1, 1):
            paint(-840, -0.02, 0.38 * side, 0.42 * lung + 0.02, 0.3 * lung + 0.02)
            for branch in range(5):  # vessels, thicker near the middle
                turn = branch * 1.25 + 6 * level
                paint(20, -0.02 + 0.24 * lung * np.sin(turn), side * (0.36 + 0.16 * lung * np.cos(turn)), 0.018, 0.018)
        paint(70, -0.1, 0.1, 0.25 * (0.4 + level), 0.27 * (0.4 + level))  # heart
        paint(150, -0.12, 0.12, 0.02 + 0.1 * level, 0.02 + 0.11 * level)  # its blood, with contrast
        paint(-1000, 0.02, 0, 0.05, 0.045)  # trachea
    else:
        paint(105, -0.05, -0.33, 0.36, 0.4)  # liver
        paint(25, -0.12, -0.12, 0.08, 0.1)  # gall bladder
        paint(120, 0.12, 0.45, 0.17, 0.13)  # spleen
        paint(-20, -0.2, 0.25, 0.14, 0.2)  # stomach
        for side in (-1, 1):
            paint(170, 0.24, 0.3 * side, 0.13, 0.09)  # kidneys
            paint(40, 0.24, 0.28 * side, 0.05, 0.03)
    paint(230, 0.13, 0.07, 0.06, 0.06)  # aorta, with contrast
    paint(420, 0.34, 0, 0.12, 0.13)  # vertebra
    paint(210, 0.34, 0, 0.085, 0.095)
    paint(30, 0.45, 0, 0.035, 0.04)  # spinal canal
    for rib in range(10):
        turn = 2 * np.pi * rib / 10 + 4 * level
        paint(650, 0.53 * np.sin(turn), 0.76 * np.cos(turn), 0.03, 0.045)
    paint(-650, 0.78, 0, 0.02, 0.95)  # table
    return plane


def head(rows: int, columns: int, level: float) -> Plane:
    """Return a transverse plane of a head as T1-weighted MR shows it, 0 to 1000; `level` 0 is the base, 1 the top."""

    def paint(value: float, down: float, across: float, height: float, width: float) -> None:
        Ellipse(float(down), float(across), float(height), float(width)).fill(plane, value)

    plane: Plane = np.zeros((rows, columns), np.float32)
    size = float(np.sqrt(max(1 - (1.7 * level - 0.75) ** 2, 0.04)))
    paint(780, 0, 0, 0.88 * size, 0.72 * size)  # scalp
    paint(60, 0, 0, 0.83 * size, 0.67 * size)  # skull
    paint(430, 0, 0, 0.78 * size, 0.62 * size)  # gray matter
    for fold in range(26):
        turn = 2 * np.pi * fold / 26 + 3 * level
        paint(150, 0.74 * size * np.sin(turn), 0.58 * size * np.cos(turn), 0.05 * size, 0.035 * size)
    paint(640, 0, 0, 0.62 * size, 0.47 * size)  # white matter
    paint(130, 0, 0, 0.78 * size, 0.012)  # fissure
    for side in (-1, 1):
        paint(110, -0.12 * size, 0.1 * side, 0.26 * size * (1 - level) + 0.02, 0.055)  # ventricles
        paint(110, 0.2 * size, 0.16 * side, 0.12 * size * (1 - level) + 0.01, 0.05)
        paint(480, 0.02, 0.2 * side, 0.12 * size, 0.09 * size)  # basal ganglia
    if level < 0.3:
        paint(520, 0.45 * size, 0, 0.25 * size, 0.42 * size)  # cerebellum
        for side in (-1, 1):
            paint(220, -0.6 * size, 0.27 * side, 0.13 * size, 0.12 * size)  # eyes
    y, x = grid(rows, columns)
    bright: Plane = plane * (1 + 0.12 * x - 0.08 * y)  # the coil sees its own side better
    return bright


def fan(rows: int, columns: int, phase: float, seed: int) -> tuple[Plane, Plane]:
    """Return one ultrasound frame of a beating chamber, and the flow in it, 0 to 1 and -1 to 1; `phase` 0 to 1."""
    y, x = grid(rows, columns)
    depth = np.sqrt((y + 1.05) ** 2 + x**2)
    sector = (np.abs(x) < 0.72 * (y + 1.05)) & (depth > 0.22) & (depth < 1.9)
    speckle = np.abs(noise(rows, columns, seed, int(phase * 12)))
    tissue = (0.42 + 0.12 * np.sin(9 * depth)) * (0.45 + 0.55 * speckle) * np.exp(-0.25 * depth)
    beat = 1 + 0.22 * np.sin(2 * np.pi * phase)
    chamber = ((y - 0.05) / (0.42 * beat)) ** 2 + (x / (0.26 * beat)) ** 2
    tissue = np.where(chamber < 1, 0.05 * speckle, tissue)
    tissue = np.where((chamber >= 1) & (chamber < 1.35), 0.75 * (0.6 + 0.4 * speckle), tissue)
    flow = np.where(chamber < 0.55, np.sin(2 * np.pi * phase) * (1 - chamber / 0.55), 0)
    return (tissue * sector).astype(np.float32), (flow * sector).astype(np.float32)


def radiograph(rows: int, columns: int, seed: int) -> Plane:
    """Return a frontal chest radiograph as film density, 0 to 1, bone bright."""
    y, x = grid(rows, columns)
    thick = np.clip(1.15 - 0.75 * x**2 - 0.15 * y**2, 0, None)
    for side in (-1, 1):
        lung = ((y + 0.08) / 0.62) ** 2 + ((x - 0.42 * side) / 0.31) ** 2
        thick = thick - 0.62 * np.clip(1 - lung, 0, 1) ** 0.45
        thick = thick + 0.16 * np.exp(-(((y + 0.78 + 0.18 * np.abs(x)) / 0.035) ** 2)) * (np.abs(x) < 0.75)  # clavicle
    for rib in range(9):
        arc = y + 0.75 - 0.16 * rib + 0.35 * x**2
        thick = thick + 0.09 * np.exp(-((arc / 0.028) ** 2)) * (np.abs(x) > 0.1) * (np.abs(x) < 0.8)
    thick = thick + 0.45 * np.exp(-((x / 0.085) ** 2)) * (0.85 + 0.15 * np.cos(40 * y))  # spine
    heart = ((y - 0.2) / 0.36) ** 2 + ((x - 0.13) / 0.3) ** 2
    thick = thick + 0.42 * np.clip(1 - heart, 0, 1) ** 0.5
    thick = thick + 0.5 / (1 + np.exp(-(y - 0.52 + 0.12 * np.cos(4 * x)) * 28))  # diaphragm and belly
    shown: Plane = (np.clip(thick / 1.9, 0, 1) + 0.006 * noise(rows, columns, seed, 1)).astype(np.float32)
    return shown
