"""What an element means, said on the page of an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dicomgallery.access import Scope
from dicomgallery.catalog import search, words
from dicomgallery.catalog.query import SearchQuery
from dicomgallery.dicom import deid_table, iod_types
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.dicom.explain import explain
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Instance


@dataclass(frozen=True, slots=True)
class ShownExplanation:
    """What the page says of an element; empty parts are left out."""

    meaning: str
    vr_meaning: str
    module: str
    type_text: str
    deid: str
    deid_text: str
    present: int | None
    """How many series here have a value for it; None where that is not known."""
    present_of: int | None
    href: str
    clause: str
    note: str
    present_noun: str = "series"


def of_row(row: AttributeRow, instance: Instance, *, scope: Scope) -> ShownExplanation:
    """What an element of this image means."""
    found = explain(
        row.tag_number, instance.sop_class_uid, row.private_creator, parents=parents_of(row.path), vr=row.vr
    )
    type_text = f"type {found.type}, {found.type_meaning}" if found.type else found.type_meaning
    return ShownExplanation(
        meaning=found.meaning or found.name,
        vr_meaning=f"{row.vr}: {found.vr_meaning}" if found.vr_meaning else "",
        module=found.module,
        type_text=type_text,
        deid=found.deid_action,
        deid_text=found.deid_meaning,
        present=words.how_many_have(scope, row.keyword).number if row.keyword and not row.is_sequence else None,
        present_of=search.count(scope, SearchQuery()).number,
        href=found.href,
        clause=found.standard_section,
        note="Retired: newer objects do not have it." if found.retired else "",
    )


def of_key(key: str, rows: Sequence[AttributeRow], instance: Instance, *, scope: Scope) -> ShownExplanation:
    """What the element with this key means; NotFoundError when the image has none."""
    row = next((row for row in rows if key_of(row.path) == key), None)
    if row is None:
        raise NotFoundError("The image has no such element.")
    return of_row(row, instance, scope=scope)


def key_of(path: str) -> str:
    """A path of an element as an id: 00081140[0].00081150 is 00081140-0-00081150."""
    return path.replace("[", "-").replace("].", "-").replace("]", "").lower()


def parents_of(path: str) -> tuple[int, ...]:
    """The tags of the sequences around an element, outermost first."""
    return tuple(int(part[:8], 16) for part in path.split(".")[:-1])


def type_of(row: AttributeRow, instance: Instance) -> str:
    """Whether the element must be there in this kind of object: 1, 1C, 2, 2C, 3 or nothing."""
    return _type_in(instance.sop_class_uid, row.tag_number, parents_of(row.path))


@lru_cache(maxsize=20_000)
def _type_in(sop_class_uid: str, tag: int, parents: tuple[int, ...]) -> str:
    """Asked for each row of each page, and the same for the thousand frames of an object."""
    place = iod_types.entry_for(sop_class_uid, tag, parents)
    return place.type if place else ""


def is_identity(row: AttributeRow) -> bool:
    """Say whether the value may tell who the patient is: whatever the Basic Profile of PS3.15 E.1 does not keep."""
    return not row.is_sequence and may_identify(row.tag_number)


@lru_cache(maxsize=20_000)
def may_identify(tag: int) -> bool:
    """Say the same of an element that is no sequence."""
    found = deid_table.row_for(tag)
    return found is not None and found.basic != "K"
