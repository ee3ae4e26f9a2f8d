"""What an element means, said on the page of an image."""

from collections.abc import Sequence
from dataclasses import dataclass

from dicomgallery.access import Scope
from dicomgallery.catalog import words
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Instance

PATIENT_GROUP = 0x0010


@dataclass(frozen=True, slots=True)
class ShownExplanation:
    """What the page says of an element."""

    meaning: str
    present: int | None
    """How many series here have a value for it; None where that is not known."""
    present_noun: str = "series"


def of_row(row: AttributeRow, instance: Instance, *, scope: Scope) -> ShownExplanation:
    """What an element of this image means."""
    present = words.how_many_have(scope, row.keyword).number if row.keyword else None
    return ShownExplanation(row.name, present)


def of_key(key: str, rows: Sequence[AttributeRow], instance: Instance, *, scope: Scope) -> ShownExplanation:
    """What the element with this key means; NotFoundError when the image has none."""
    row = next((row for row in rows if key_of(row.path) == key), None)
    if row is None:
        raise NotFoundError("The image has no such element.")
    return of_row(row, instance, scope=scope)


def key_of(path: str) -> str:
    """A path of an element as an id: 00081140[0].00081150 is 00081140-0-00081150."""
    return path.replace("[", "-").replace("].", "-").replace("]", "").lower()


def type_of(row: AttributeRow, instance: Instance) -> str:
    """Whether the element must be there in this kind of object: 1, 1C, 2, 2C, 3 or nothing."""
    return ""


def is_identity(row: AttributeRow) -> bool:
    """Say whether the value may tell who the patient is."""
    return row.vr == "PN" or row.tag_number >> 16 == PATIENT_GROUP
