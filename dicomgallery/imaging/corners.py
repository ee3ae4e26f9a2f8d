"""The words in the corners of a picture and the letters at its sides, written onto it."""

from collections.abc import Mapping, Sequence
from typing import Final

from dicomgallery.dicom.display_colors import Color
from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.ink import Ink, drawable

_WORDS: Final[Color] = (226, 232, 238)
_SIDES: Final[Color] = (242, 184, 75)
_CANNOT: Final = "(in letters that cannot be written here)"


def with_words(picture: Picture, corners: Mapping[str, Sequence[str]], sides: Mapping[str, str]) -> Picture:
    """The picture with lines in its corners, named "top-left" and so on, and letters at its sides; in color."""
    ink = Ink(picture, color=True)
    for name, lines in corners.items():
        spelled = [drawable([line], _CANNOT)[0] for line in lines if line]
        if spelled:
            ink.corner(spelled, _WORDS, is_low=name.startswith("bottom"), is_right=name.endswith("right"))
    for side, letters in sides.items():
        if letters:
            ink.side(drawable([letters], "")[0], _SIDES, side)
    return ink.over()
