"""All that is done to a finished picture before it leaves: its size, its way round, marks and words over it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, Self

import orjson

from dicomgallery.imaging.facing import UPRIGHT, Facing
from dicomgallery.imaging.marked import DrawnMark
from dicomgallery.imaging.marks import Kind
from dicomgallery.imaging.spec import DEFAULT_QUALITY, Format

CORNERS: Final = ("top-left", "top-right", "bottom-left", "bottom-right")


@dataclass(frozen=True, slots=True)
class Markings:
    """The marks on a frame, and what brings its pixels to those of its picture."""

    marks: tuple[DrawnMark, ...]
    rows: int
    """Of the object."""
    ratio: float
    """The height of one of its pixels over its width."""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in the corners of a picture, and the letters at its sides before it is turned."""

    corners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """What a finished picture becomes."""

    markings: Markings | None = None
    facing: Facing = UPRIGHT
    longest_side: int | None = None
    """In pixels; the picture is made smaller or larger to have it. None leaves its size."""
    words: Words | None = None
    format: Format = Format.PNG
    region: tuple[float, float, float, float] | None = None
    """The part of the picture that is wanted: left, top, right and bottom as shares of it, from 0 to 1."""
    box: tuple[int, int] | None = None
    """Width and height in pixels that the picture is made as large as fits into."""
    quality: int = DEFAULT_QUALITY
    """1 to 100, of a JPEG."""

    @property
    def is_nothing(self) -> bool:
        """Say whether a PNG is to stay as it is."""
        return self == Finish()

    def token(self) -> str:
        """A short name; of equal ones it is equal."""
        return hashlib.sha256(self.as_json()).hexdigest()[:24]

    def as_json(self) -> bytes:
        """What a message carries."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """What a message carried."""
        sent = orjson.loads(text)
        markings, words = sent["markings"], sent["words"]
        if markings is not None:
            drawn = (
                DrawnMark(Kind(one["kind"]), tuple((x, y) for x, y in one["points"]), tuple(one["words"]))
                for one in markings["marks"]
            )
            markings = Markings(tuple(drawn), markings["rows"], markings["ratio"])
        if words is not None:
            corners = {name: tuple(lines) for name, lines in words["corners"].items()}
            words = Words(corners, words["sides"])
        region, box = (None if sent[name] is None else tuple(sent[name]) for name in ("region", "box"))
        facing, form = Facing(**sent["facing"]), Format(sent["format"])
        return cls(markings, facing, sent["longest_side"], words, form, region, box, sent["quality"])
