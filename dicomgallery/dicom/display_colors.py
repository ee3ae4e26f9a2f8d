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


def own_color(place: int) -> Color:
    """One of our colors; they come round again."""
    return _OURS[place % len(_OURS)]


def asked_color(values: Sequence[float], place: int) -> Color:
    """The color that three values from 0 to 255 ask for, else one of ours."""
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        return own_color(place)
    return int(values[0]), int(values[1]), int(values[2])


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
