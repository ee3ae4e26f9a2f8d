"""What a draft would do to one of its objects: the engine at work with nothing written."""

import mmap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import deid as catalog
from dicomgallery.deid import actions, regions
from dicomgallery.deid.engine import Engine
from dicomgallery.deid.profile import Profile, from_json
from dicomgallery.deid.walker import Change
from dicomgallery.dicom import attributes, deid_table, elements, reader
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.errors import UnavailableError
from dicomgallery.services.deid_runs import project
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.services.deidentifying.burned_in import suspicion
from dicomgallery.storage.opening import store

KEPT: Final = "kept"
_CHARACTER_SET: Final = 0x00080005
_SOP_CLASS: Final = 0x00080016
MISSING: Final = "The gallery no longer holds this file's bytes."


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One element: what it is, what is done with it, by which rule, and what it is then."""

    path: str
    tag: str
    tag_number: int
    name: str
    vr: str
    depth: int
    old: str
    action: str
    """The name of a deed in lower case, or `kept`."""
    action_text: str
    rule: str
    new: str
    is_removed: bool
    letters: str
    """Of Table E.1-1 for the Basic Profile; empty for what it does not name."""
    is_inferred: bool
    """Whether the table's option columns for it are inferred, and not the standard's own."""
    is_overridden: bool


@dataclass(frozen=True)
class Preview:
    """All elements of one object and what becomes of each."""

    number: int
    total: int
    instance_id: int
    blob12: str
    rows: Sequence[PreviewRow]
    notes: Sequence[str]
    pixels: str
    """What becomes of its pixels, as a sentence."""
    is_set_apart: bool
    """Whether it would wait for a person."""

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Elements by action, the most frequent first."""
        return dict(Counter(row.action for row in self.rows).most_common())

    def of(self, action: str) -> Sequence[PreviewRow]:
        """The elements that meet an action; all that change for none, every one for `all`."""
        if action == "all":
            return self.rows
        return [row for row in self.rows if (row.action == action if action else row.action != KEPT)]


def preview(run_id: int, number: int, *, actor: Actor) -> Preview:
    """What the object of this number, from 1, would be; NotFoundError, or UnreadableError for what cannot be read."""
    demand(actor, Permission.DEIDENTIFY)
    run = catalog.by_id(actor.scope, actor.id, run_id).run
    source = catalog.source(actor.scope, run_id, number)
    profile = from_json(run.profile)
    path = path_of(source.blob_sha256)
    with mapped(path) as data:
        made = Engine(profile, project.pseudonyms(run.workspace_id)).deidentify(data)
        header = reader.read_header(path)
        changes, notes = made.changes, made.notes
    pixels, is_set_apart = _pixels(path, header, BurnedIn(run.burned_in))
    return Preview(
        number,
        run.object_count,
        source.id,
        source.blob_sha256[:12],
        _rows(header, changes, profile),
        notes,
        pixels,
        is_set_apart,
    )


def path_of(sha256: str) -> Path:
    """Where the bytes of an object lie; UnavailableError when they are gone."""
    try:
        return store().path(sha256)
    except FileNotFoundError as error:
        raise UnavailableError(MISSING) from error


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, read as they are needed."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield data
    finally:
        # Whoever still looks at the bytes keeps them.
        with suppress(BufferError):
            data.close()


def _pixels(path: Path, header: Dataset, burned_in: BurnedIn) -> tuple[str, bool]:
    found = suspicion(path)
    if burned_in is BurnedIn.QUARANTINE:
        return (f"{found} It waits for a person.", True) if found else ("Nothing speaks for text in its pixels.", False)
    if burned_in is BurnedIn.BLANK:
        count = len(regions.boxes(header))
        areas = f"{count} {'area' if count == 1 else 'areas'}"
        return (f"{areas} of every frame are painted black." if count else "No rule names an area to blank."), False
    return (f"{found} Its pixels stay as they are." if found else "Its pixels stay as they are."), False


def _rows(header: Dataset, changes: Sequence[Change], profile: Profile) -> list[PreviewRow]:
    """Changed elements and kept ones, in the order of the file."""
    rows = {_text_path(one): _changed(one, header, profile) for one in changes}
    gone = {path for path, row in rows.items() if row.action != KEPT}
    sop_class = elements.first(header, _SOP_CLASS)
    for row in attributes.rows(header):
        if row.path not in rows and not _is_inside(row.path, gone):
            rows[row.path] = _kept(row, sop_class, profile)
    return [rows[path] for path in sorted(rows, key=_place)]


def _changed(change: Change, header: Dataset, profile: Profile) -> PreviewRow:
    old = _shown(change.tag, change.vr, change.old, header)
    new = None if change.new is None else _shown(change.tag, change.vr, change.new, header)
    row = deid_table.row_for(change.tag)
    return PreviewRow(
        _text_path(change),
        f"{change.tag >> 16:04x},{change.tag & 0xFFFF:04x}",
        change.tag,
        old.name if old else "",
        change.vr,
        len(change.path),
        "a sequence" if change.vr == "SQ" else old.value if old else f"{len(change.old)} bytes",
        change.action.name.lower(),
        change.action.value,
        change.rule,
        "" if new is None else ("a sequence" if change.vr == "SQ" else new.value) if change.new else "",
        change.new is None,
        row.basic if row else "",
        row is not None and row.is_inferred,
        change.tag in profile.override_of,
    )


def _kept(row: AttributeRow, sop_class: str, profile: Profile) -> PreviewRow:
    parents = tuple(int(part.partition("[")[0], 16) for part in row.path.split(".")[:-1])
    known = deid_table.row_for(row.tag_number)
    if row.tag_number >> 16 & 1:
        rule = "safe private element"
    else:
        rule = actions.decide(profile, sop_class, parents, row.tag_number, row.vr).reason
    return PreviewRow(
        row.path, row.tag, row.tag_number, row.name, row.vr, row.depth, row.value, KEPT, KEPT, rule, row.value,
        is_removed=False,
        letters=known.basic if known else "",
        is_inferred=known is not None and known.is_inferred,
        is_overridden=row.tag_number in profile.override_of,
    )  # fmt: skip


def _shown(tag: int, vr: str, value: bytes, header: Dataset) -> AttributeRow | None:
    """An element as tables show it, from the bytes that explicit little endian has for it (PS3.5 7.1.2)."""
    alone = Dataset()
    if (charset := elements.as_stored(header, _CHARACTER_SET)) is not None and tag != _CHARACTER_SET:
        alone[_CHARACTER_SET] = charset
    held = b"" if vr == "SQ" else value
    alone[tag] = RawDataElement(Tag(tag), vr, len(held), held, 0, is_implicit_VR=False, is_little_endian=True)
    return next((row for row in attributes.rows(alone) if row.tag_number == tag), None)


def _text_path(change: Change) -> str:
    return "".join(f"{tag:08X}[{item}]." for tag, item in change.path) + f"{change.tag:08X}"


def _is_inside(path: str, gone: set[str]) -> bool:
    """Whether a sequence around an element was changed as a whole."""
    parts = path.split(".")
    return any(".".join(parts[:end]).rpartition("[")[0] in gone for end in range(1, len(parts)))


def _place(path: str) -> tuple[int, ...]:
    """Where an element stands: tags, and between them the numbers of items."""
    return tuple(int(part, 16) for step in path.split(".") for part in step.rstrip("]").split("["))
