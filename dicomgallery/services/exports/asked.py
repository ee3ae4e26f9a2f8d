"""What somebody asks to have made of a series; whatever makes no sense is refused in a sentence."""

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from dicomgallery.dicom.values import counted, grouped, with_minus
from dicomgallery.errors import RefusedError
from dicomgallery.imaging.spec import MAX_FRAME, MAX_VOI, Window
from dicomgallery.imaging.volumes.turn import FARTHEST_THRESHOLD, STEEPEST_DEGREES

SLOWEST, FASTEST = 0.1, 50.0
SMALLEST, LARGEST = 32, 2048
FINEST_DEGREES, COARSEST_DEGREES = 0.5, 90.0
MOST_SETS: Final = 9999


class Kind(StrEnum):
    """What is made; the value is what rows and forms say."""

    PNG = "png"
    JPEG = "jpeg"
    SHEET = "sheet"
    PDF = "pdf"
    GIF = "gif"
    WEBP = "webp"
    MP4 = "mp4"
    NIFTI = "nifti"
    NUMPY = "numpy"


class Of(StrEnum):
    """What its pictures show."""

    STACK = "stack"
    """The images as they are, in the order of the viewer."""
    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"
    MIP = "mip"
    """The whole volume, turning about the body: its highest values."""
    MINIP = "minip"
    SURFACE = "surface"


TURNING: Final = frozenset({Of.MIP, Of.MINIP, Of.SURFACE})
PICTURES: Final = frozenset({Kind.PNG, Kind.JPEG})
SHEETS: Final = frozenset({Kind.SHEET, Kind.PDF})
MOVIES: Final = frozenset({Kind.GIF, Kind.WEBP, Kind.MP4})
VALUES: Final = frozenset({Kind.NIFTI, Kind.NUMPY})
NAMES: Final = {
    Kind.PNG: "A ZIP of PNG pictures",
    Kind.JPEG: "A ZIP of JPEG pictures",
    Kind.SHEET: "A contact sheet",
    Kind.PDF: "A contact sheet as PDF",
    Kind.GIF: "A GIF",
    Kind.WEBP: "A WebP",
    Kind.MP4: "An MP4",
    Kind.NIFTI: "A NIfTI volume",
    Kind.NUMPY: "A NumPy array",
}
MOST: Final = {
    Kind.PNG: 20_000,
    Kind.JPEG: 20_000,
    Kind.SHEET: 400,
    Kind.PDF: 2000,
    Kind.GIF: 2000,
    Kind.WEBP: 2000,
    Kind.MP4: 10_000,
}
"""Pictures that one takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides an export."""

    kind: Kind
    of: Of = Of.STACK
    first: int = 1
    """Pictures are counted from 1, as the viewer does."""
    last: int | None = None
    """None is to the end."""
    step: int = 1
    fps: float = 10.0
    longest_side: int = 512
    """Of a movie, in pixels; no picture is made larger than it is."""
    window: Window | None = None
    auto: bool = False
    voi: int | None = None
    invert: bool = False
    plain: bool = False
    """Without the overlays and shutters of the files."""
    wanted_set: int = 1
    """Of planes and turning volumes: the time point, phase or echo."""
    marks: bool = False
    """Of the images as they are: what people drew on them is drawn over them."""
    names: bool = False
    """With what people wrote beside their marks, which may name a person."""
    degrees: float = 5.0
    """Between two pictures of a turning volume, as nearly as a full turn allows."""
    tilt: float = 0.0
    threshold: float | None = None
    """The value at which a surface begins; None chooses one."""

    def __post_init__(self) -> None:
        """Refuse, in a sentence, what makes no sense."""
        _between("The first picture", self.first, 1, MAX_FRAME)
        _between("Every how many", self.step, 1, MAX_FRAME)
        if self.last is not None:
            _between("The last picture", self.last, 1, MAX_FRAME)
            if self.last < self.first:
                raise RefusedError(f"The range runs backwards, from {self.first} to {self.last}.")
        _between("The pictures a second", self.fps, SLOWEST, FASTEST)
        _between("The longest side", self.longest_side, SMALLEST, LARGEST)
        _between("The number of a time point", self.wanted_set, 1, MOST_SETS)
        _between("The degrees between two pictures", self.degrees, FINEST_DEGREES, COARSEST_DEGREES)
        _between("The tilt", self.tilt, -STEEPEST_DEGREES, STEEPEST_DEGREES)
        if self.threshold is not None:
            _between("The value at which a surface begins", self.threshold, -FARTHEST_THRESHOLD, FARTHEST_THRESHOLD)
        if self.voi is not None:
            _between("The number of a window", self.voi, 1, MAX_VOI)
        if self.kind is Kind.JPEG and self.of is not Of.STACK:
            raise RefusedError(
                "Planes and turning volumes leave as PNG, which loses nothing: choose the ZIP of PNG pictures."
            )

    def numbers(self, count: int) -> range:
        """Which of so many pictures are taken, counted from 1; RefusedError when that are none or too many."""
        if self.first > count:
            raise RefusedError(f"There are {counted(count, 'picture')}; none is left from number {self.first} on.")
        taken = range(self.first, min(self.last or count, count) + 1, self.step)
        most = MOST.get(self.kind, MAX_FRAME)
        if len(taken) > most:
            enough = math.ceil((taken[-1] - taken[0] + 1) / most)
            raise RefusedError(
                f"{NAMES[self.kind]} takes {counted(most, 'picture')} at most, and these are {len(taken)}. "
                f"Take fewer, or every {enough} of them."
            )
        return taken

    @property
    def turn_count(self) -> int:
        """How many pictures a full turn has."""
        return max(1, round(360 / self.degrees))

    @property
    def window_words(self) -> str:
        """Through which window the pictures are seen."""
        if self.window is not None:
            words = f"width {self.window.width:g}, center {with_minus(f'{self.window.center:g}')}"
        elif self.auto:
            words = "chosen from the values"
        elif self.voi:
            words = f"number {self.voi} of the file's own"
        else:
            words = "the file's own"
        return f"{words}, inverted" if self.invert else words

    def to_json(self) -> str:
        """What its row keeps."""
        window = [self.window.center, self.window.width] if self.window else None
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({**fields, "window": window})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What a row kept."""
        fields = json.loads(text)
        window = Window(*fields["window"]) if fields["window"] else None
        return cls(**{**fields, "kind": Kind(fields["kind"]), "of": Of(fields["of"]), "window": window})


def _between(what: str, number: float, least: float, most: float) -> None:
    # Written this way round, what is no number at all is refused too.
    if not least <= number <= most:
        raise RefusedError(f"{what} must lie between {least:g} and {grouped(int(most))}.")
