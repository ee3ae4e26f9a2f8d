"""A mark as it is sent, checked piece by piece: what is wrong is said in a sentence."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from dicomgallery.errors import RefusedError
from dicomgallery.imaging.marks import MOST_POINTS, POINTS, Kind
from dicomgallery.services.annotating import figures
from dicomgallery.services.annotating.figures import is_number

LONGEST_TEXT: Final = 1000
LONGEST_CALIBRATION: Final = 200
FURTHEST: Final = 1e6
"""In pixels; how far from its own image a point may lie is for who knows the image."""
_HIGHEST: Final = 1 << 31
_DIGITS: Final = 4

Points = list[list[float]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was said of a mark; None is what was not, and stays as it is."""

    image: int | None = None
    frame: int | None = None
    kind: Kind | None = None
    points: Points | None = None
    text: str | None = None
    figures: str | None = None
    """As it is kept, in JSON."""
    calibration: str | None = None
    version: int = 0
    """The one that whoever sends it has seen; 0 when they know of none."""
    removed: bool | None = None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Read it from JSON; RefusedError in words for what makes no sense. Other names in it mean nothing."""
        sent = {name: value for name, value in body.items() if value is not None}
        return cls(
            image=_whole(sent, "image", 1),
            frame=_whole(sent, "frame", 1),
            kind=_kind(sent["kind"]) if "kind" in sent else None,
            points=_points(sent["points"]) if "points" in sent else None,
            text=_text(sent, "text", LONGEST_TEXT),
            figures=figures.checked(sent["figures"]) if "figures" in sent else None,
            calibration=_text(sent, "calibration", LONGEST_CALIBRATION),
            version=_whole(sent, "version", 0) or 0,
            removed=_yes_or_no(sent, "removed"),
        )


def check_count(kind: Kind, points: Points) -> None:
    """Refuse points that do not make a mark of this kind."""
    least, most, which = POINTS[kind]
    if least <= len(points) <= most:
        return
    noun = "point" if least == 1 else "points"
    many = f"{least} {noun}" if least == most else f"{least} to {most} {noun}"
    raise RefusedError(f"The kind {kind.value} has {many}: {which}; not {len(points)}.")


def _kind(value: object) -> Kind:
    try:
        return Kind(str(value))
    except ValueError:
        raise RefusedError(f"The kinds of marks are {', '.join(Kind)}.") from None


def _points(value: object) -> Points:
    if not isinstance(value, list) or not all(isinstance(one, list) and len(one) == 2 for one in value):
        raise RefusedError("The points of a mark are a list of [x, y].")
    if len(value) > MOST_POINTS:
        raise RefusedError(f"A mark has at most {MOST_POINTS} points.")
    if not all(is_number(part, FURTHEST) for one in value for part in one):
        raise RefusedError("The points of a mark are finite numbers of pixels.")
    return [[round(float(x), _DIGITS), round(float(y), _DIGITS)] for x, y in value]


def _whole(sent: Mapping[str, Any], name: str, least: int) -> int | None:
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _HIGHEST:
        raise RefusedError(f"“{name}” is a whole number from {least}.")
    return value


def _yes_or_no(sent: Mapping[str, Any], name: str) -> bool | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, bool):
        raise RefusedError(f"“{name}” is true or false.")
    return value


def _text(sent: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RefusedError(f"“{name}” is a text.")
    # Half a surrogate pair and a NUL cannot be stored everywhere; other control characters would only confuse.
    text = value.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    kept = "".join(char if char == "\n" or unicodedata.category(char) != "Cc" else " " for char in text)
    kept = unicodedata.normalize("NFC", kept).strip()
    if len(kept) > longest:
        raise RefusedError(f"“{name}” has at most {longest} characters.")
    return kept
