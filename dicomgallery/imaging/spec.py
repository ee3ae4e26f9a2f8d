"""What decides a picture, as one value: it is the picture's URL and its key in the cache."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

MAX_FRAME: Final = 1_000_000
MAX_VOI: Final = 999
MAX_LAYER: Final = 0xFFFF
MAX_ID: Final = (1 << 63) - 1
MIN_WIDTH: Final = 16
MAX_WIDTH: Final = 8192
MAX_LEVEL: Final = 1e9
MIN_WINDOW_WIDTH: Final = 1e-6
DEFAULT_QUALITY: Final = 85


class Fit(StrEnum):
    """How a picture meets the size asked for."""

    COVER = "cover"
    """A square of that width, filled; what stands over is cropped evenly."""
    CONTAIN = "contain"
    """Whole, inside a square of that width, never enlarged."""


class Format(StrEnum):
    """The encoding of a picture; the value is its file extension."""

    JPEG = "jpg"
    PNG = "png"
    GIF = "gif"
    """Of 256 colors; for programs that ask for it."""
    VALUES = "values"
    """No picture for an eye: a frame as numbers (`imaging.values`)."""

    @property
    def media_type(self) -> str:
        """The media type of this encoding."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.GIF: "image/gif",
    Format.VALUES: "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window in units after the modality LUT, kept to seven significant digits."""

    center: float
    width: float

    def __post_init__(self) -> None:
        """Refuse what no picture can be made of, and make equal windows equal."""
        if not (math.isfinite(self.center) and abs(self.center) <= MAX_LEVEL):
            raise ValueError(f"A window's center must lie within plus or minus {MAX_LEVEL:.0f}.")
        if not (math.isfinite(self.width) and MIN_WINDOW_WIDTH <= self.width <= MAX_LEVEL):
            raise ValueError(f"A window's width must lie between {MIN_WINDOW_WIDTH:f} and {MAX_LEVEL:.0f}.")
        object.__setattr__(self, "center", _seven_digits(self.center))
        object.__setattr__(self, "width", _seven_digits(self.width))


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """All that decides a picture of one stored object. Equal specs have equal tokens."""

    frame: int | None = None
    """Numbered from 1, as DICOM does; None is the middle frame."""
    width: int | None = None
    """In pixels; None is the size of the object itself."""
    fit: Fit = Fit.CONTAIN
    window: Window | None = None
    """None is the file's own, else one chosen from its values."""
    auto: bool = False
    """Choose the window from the values even where the file has one."""
    voi: int | None = None
    """Which of the ways the file asks to be seen, from 1, its VOI LUTs before its windows; None is the first."""
    state: int | None = None
    """The instance id of the presentation state it is shown with; a window of this spec goes before the state's."""
    plain: bool = False
    """The pixels alone: no overlay is drawn over them, no shutter hides any, nothing is written on it."""
    layer: int | None = None
    """Of a segmentation: a frame of it, transparent, with the segment of this number alone; 0 is all that it holds."""
    invert: bool = False
    format: Format = Format.JPEG
    quality: int = DEFAULT_QUALITY
    """1 to 100; means something for JPEG alone, the others always carry 0."""

    def __post_init__(self) -> None:
        """Refuse what is out of bounds, and settle what would have two spellings."""
        if self.frame is not None and not 1 <= self.frame <= MAX_FRAME:
            raise ValueError(f"A frame's number must lie between 1 and {MAX_FRAME}.")
        if self.width is not None and not MIN_WIDTH <= self.width <= MAX_WIDTH:
            raise ValueError(f"A picture's width must lie between {MIN_WIDTH} and {MAX_WIDTH}.")
        if self.auto + (self.window is not None) + (self.voi is not None) > 1:
            raise ValueError("A window is given, or chosen, or one of the file's own: only one of them.")
        if self.voi is not None and not 1 <= self.voi <= MAX_VOI:
            raise ValueError(f"The number of a file's window must lie between 1 and {MAX_VOI}.")
        if self.layer is not None:
            self._check_layer(self.layer)
        if self.state is not None and not 1 <= self.state <= MAX_ID:
            raise ValueError("There is no such presentation state.")
        if self.format is Format.JPEG and not 1 <= self.quality <= 100:
            raise ValueError("A JPEG's quality must lie between 1 and 100.")
        if self.format is Format.VALUES:
            self._check_values()
        if self.format is not Format.JPEG:
            object.__setattr__(self, "quality", 0)
        if self.width is None:
            object.__setattr__(self, "fit", Fit.CONTAIN)

    def _check_layer(self, layer: int) -> None:
        if not 0 <= layer <= MAX_LAYER:
            raise ValueError(f"The number of a segment must lie between 0 and {MAX_LAYER}.")
        if self.format is not Format.PNG:
            raise ValueError("A layer is transparent, which only a PNG can be.")
        if self.width is not None or self.auto or self.voi or self.window or self.plain or self.invert:
            raise ValueError("A layer is as large as its frame, and has no window.")

    def _check_values(self) -> None:
        if self.frame is None:
            raise ValueError("The values are those of one frame, which must be named.")
        if self.width is not None or self.auto or self.voi or self.window or self.state or self.plain or self.invert:
            raise ValueError("The values of a frame have no size, window or state: they are what these begin with.")

    def token(self) -> str:
        """The spec as a short name that is safe in a URL and on a disk: "f3-w256-cover-q85.jpg"."""
        parts = [f"f{self.frame}"] if self.frame is not None else []
        parts.append("native" if self.width is None else f"w{self.width}-{self.fit}")
        if self.auto:
            parts.append("auto")
        if self.voi is not None:
            parts.append(f"v{self.voi}")
        if self.window is not None:
            parts.append(f"c{_plain(self.window.center)}-w{_plain(self.window.width)}")
        if self.state is not None:
            parts.append(f"s{self.state}")
        if self.plain:
            parts.append("plain")
        if self.layer is not None:
            parts.append(f"layer{self.layer}")
        if self.invert:
            parts.append("invert")
        if self.format is Format.JPEG:
            parts.append(f"q{self.quality}")
        return f"{'-'.join(parts)}.{self.format}"

    @classmethod
    def from_token(cls, token: str) -> Self:
        """The spec a token names; ValueError for anything `token` would not have written."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError("This is not the name of a picture.")
        window = None
        if match["center"] is not None:
            window = Window(float(match["center"]), float(match["level_width"]))
        spec = cls(
            frame=int(match["frame"]) if match["frame"] else None,
            width=int(match["width"]) if match["width"] else None,
            fit=Fit(match["fit"] or Fit.CONTAIN),
            window=window,
            auto=match["auto"] is not None,
            voi=int(match["voi"]) if match["voi"] else None,
            state=int(match["state"]) if match["state"] else None,
            plain=match["plain"] is not None,
            layer=int(match["layer"]) if match["layer"] else None,
            invert=match["invert"] is not None,
            format=Format(match["format"]),
            quality=int(match["quality"]) if match["quality"] else 0,
        )
        if spec.token() != token:
            raise ValueError("This is not how the name of that picture is written.")
        return spec


_NUMBER = r"-?[0-9]{1,10}(?:\.[0-9]{1,12})?"
_TOKEN: Final = re.compile(
    rf"(?:f(?P<frame>[0-9]{{1,7}})-)?"
    rf"(?:native|w(?P<width>[0-9]{{1,4}})-(?P<fit>cover|contain))"
    rf"(?P<auto>-auto)?"
    rf"(?:-v(?P<voi>[0-9]{{1,3}}))?"
    rf"(?:-c(?P<center>{_NUMBER})-w(?P<level_width>{_NUMBER}))?"
    rf"(?:-s(?P<state>[0-9]{{1,19}}))?"
    rf"(?P<plain>-plain)?"
    rf"(?:-layer(?P<layer>[0-9]{{1,5}}))?"
    rf"(?P<invert>-invert)?"
    rf"(?:-q(?P<quality>[0-9]{{1,3}}))?"
    rf"\.(?P<format>jpg|png|gif|values)",
    re.ASCII,
)


def _seven_digits(value: float) -> float:
    rounded = float(f"{value:.7g}")
    # Below a ten-billionth a level is zero in every unit DICOM knows, and its decimals would not fit the name.
    return 0.0 if abs(rounded) < 1e-10 else float(f"{rounded:.12f}")


def _plain(value: float) -> str:
    text = format(Decimal(f"{value:.7g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


THUMBNAIL: Final = RenderSpec(width=256, fit=Fit.COVER, format=Format.JPEG)
FULL: Final = RenderSpec(format=Format.PNG)
