"""Colors that things are told apart by: those a file asks for, ours where it asks for none."""

from collections.abc import Sequence
from typing import Final

Color = tuple[int, int, int]

_OURS: Final[tuple[Color, ...]] = (
    (224, 103, 79), (63, 159, 216), (79, 174, 98), (201, 138, 27),
    (165, 108, 214), (23, 162, 162), (214, 90, 154), (138, 143, 60),
)  # fmt: skip
"""To be seen on white and on black alike."""
_DARKEST: Final = 50
"""Of 255, by luminance, just under that of pure red; what is darker is lost on a black ground."""

_D50: Final = (0.9642, 1.0, 0.8249)
"""The white of the profile connection space."""
_FROM_D50_TO_SRGB: Final = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
"""XYZ to the red, green and blue of sRGB, whose white is D65, by Bradford's adaptation."""


def own_color(place: int) -> Color:
    """One of our colors; they come round again."""
    return _OURS[place % len(_OURS)]


def asked_color(values: Sequence[float], place: int) -> Color:
    """The color that three values from 0 to 255 ask for, else one of ours."""
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        return own_color(place)
    return int(values[0]), int(values[1]), int(values[2])


def lab_color(values: Sequence[float]) -> Color | None:
    """The color of a CIELab value as segments and graphic layers recommend them (PS3.3 C.10.7.1.1); None for no such.

    L* from 0 to 100 and a* and b* from -128 to 127 are written as 0 to 65535, for a white of D50.
    """
    if len(values) != 3 or not all(0 <= value <= 0xFFFF for value in values):
        return None
    light = (values[0] * 100 / 0xFFFF + 16) / 116
    heights = (light + (values[1] / 257 - 128) / 500, light, light - (values[2] / 257 - 128) / 200)
    xyz = [
        white * (height**3 if height > 6 / 29 else (height - 4 / 29) * 108 / 841)
        for white, height in zip(_D50, heights, strict=True)
    ]
    red, green, blue = (
        _gamma(sum(weight * part for weight, part in zip(row, xyz, strict=True))) for row in _FROM_D50_TO_SRGB
    )
    return red, green, blue


def _gamma(linear: float) -> int:
    """A channel of sRGB from its share of light, by IEC 61966-2-1."""
    share = min(max(linear, 0.0), 1.0)
    return round(255 * (12.92 * share if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055))


def on_dark(color: Color) -> Color:
    """The same color, mixed with white as far as it takes to be seen on a dark ground."""
    luminance = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    if luminance >= _DARKEST:
        return color
    white = (_DARKEST - luminance) / (255 - luminance)
    red, green, blue = (round(part + (255 - part) * white) for part in color)
    return red, green, blue


def as_hex(color: Color) -> str:
    """The color as SVG writes it: "#e0674f"."""
    return "#{:02x}{:02x}{:02x}".format(*color)
