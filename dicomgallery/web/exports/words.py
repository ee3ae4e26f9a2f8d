"""What pages say of exports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for

from dicomgallery.catalog.exports import Account
from dicomgallery.dicom.values import with_minus
from dicomgallery.services.exports import MOVIES, TURNING, VALUES, Asked, Kind, Of
from dicomgallery.serving import paging
from dicomgallery.web import crumbs
from dicomgallery.web.exports.asking import fields_of


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of file, as the form offers it."""

    kind: Kind
    name: str
    about: str
    why_not: str = ""


TITLES: Final = {
    Kind.PNG: "PNG pictures",
    Kind.JPEG: "JPEG pictures",
    Kind.SHEET: "Contact sheet",
    Kind.PDF: "Contact sheet, PDF",
    Kind.GIF: "GIF",
    Kind.WEBP: "WebP",
    Kind.MP4: "MP4",
    Kind.NIFTI: "NIfTI volume",
    Kind.NUMPY: "NumPy array",
}
ABOUT: Final = {
    Kind.PNG: "A ZIP; each in its own size, without loss.",
    Kind.JPEG: "A ZIP; each in its own size, a tenth of the bytes.",
    Kind.SHEET: "All pictures on one PNG, numbered.",
    Kind.PDF: "All pictures on pages of A4, numbered.",
    Kind.GIF: "Moves everywhere; every gray as it is.",
    Kind.WEBP: "Moves in browsers, without loss, in color too.",
    Kind.MP4: "H.264, for slides and phones.",
    Kind.NIFTI: ".nii.gz with its place in the patient.",
    Kind.NUMPY: ".npy of the values, and a JSON that explains them.",
}
OF: Final = {
    Of.STACK: "The slices as they are",
    Of.AXIAL: "Axial planes",
    Of.CORONAL: "Coronal planes",
    Of.SAGITTAL: "Sagittal planes",
    Of.MIP: "Turning, highest values (MIP)",
    Of.MINIP: "Turning, lowest values (MinIP)",
    Of.SURFACE: "Turning, surface",
}
STAGES: Final = {
    "waiting": "Waiting",
    "working": "Being made",
    "ready": "Ready",
    "failed": "Not made",
    "cancelled": "Cancelled",
    "expired": "Gone after a day",
    "binned": "Its series is in the bin",
}


@dataclass(frozen=True, slots=True)
class Told:
    """An export as pages tell it."""

    account: Account
    asked: Asked

    @classmethod
    def of(cls, account: Account) -> "Told":
        """The export of an account."""
        return cls(account, Asked.from_json(account.export.arguments))

    @property
    def title(self) -> str:
        """What it is."""
        return TITLES[self.asked.kind]

    @property
    def series_title(self) -> str:
        """What it is of."""
        return crumbs.series_title(self.account.series)

    @property
    def stage(self) -> str:
        """How it stands, in words."""
        return STAGES[self.account.stage]

    @property
    def href(self) -> str:
        """Its page."""
        return url_for("exports.show", export_id=self.account.export.id)

    @property
    def again(self) -> str:
        """The form that asks for the same again."""
        path = url_for("exports.form", key=str(self.account.series.id))
        return paging.address(path, fields_of(self.asked).items())

    @property
    def remarks(self) -> Sequence[str]:
        """What there is to know of the file."""
        return [str(one) for one in json.loads(self.account.export.remarks)]

    @property
    def progress(self) -> str:
        """How far it is."""
        done, total = self.account.done, self.account.total
        return f"{min(99, 100 * done // total)} %" if total else ""

    @property
    def facts(self) -> list[dict[str, object]]:
        """What was asked for."""
        asked = self.asked
        facts: list[dict[str, object]] = [
            {"label": "Series", "value": self.series_title, "identity": True, "href": self._series_page}
        ]
        if asked.kind not in VALUES:
            facts += [
                {"label": "Shows", "value": OF[asked.of]},
                {"label": "Pictures", "value": _range(asked)},
                {"label": "Window", "value": asked.window_words},
            ]
            facts += [{"label": "Turn", "value": _turn(asked)}] if asked.of in TURNING else []
            facts += [{"label": "Marks", "value": _marks(asked)}] if asked.marks else []
        if asked.kind in MOVIES:
            speed = f"{asked.fps:g} pictures a second, at most {asked.longest_side} pixels wide or high"
            facts.append({"label": "Movie", "value": speed})
        return facts

    @property
    def _series_page(self) -> str:
        return url_for("series.show", series_id=self.account.series.id)


def _turn(asked: Asked) -> str:
    words = f"{asked.turn_count} pictures around, tilted by {with_minus(f'{asked.tilt:g}')}\N{DEGREE SIGN}"
    if asked.of is Of.SURFACE and asked.threshold is not None:
        words += f", beginning at {with_minus(f'{asked.threshold:g}')}"
    return words


def _marks(asked: Asked) -> str:
    return "drawn over, with what people wrote there" if asked.names else "drawn over, without what people wrote there"


def _range(asked: Asked) -> str:
    if asked.last is None:
        words = "all" if asked.first == 1 else f"from {asked.first} to the last"
    else:
        words = f"{asked.first} to {asked.last}"
    return words if asked.step == 1 else f"{words}, every {asked.step} of them"
