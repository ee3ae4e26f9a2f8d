"""Reading what a stored file says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_description, dictionary_has_tag, dictionary_keyword, dictionary_VR
from pydicom.dataset import Dataset

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import instances
from dicomgallery.dicom import attributes, paths, reader
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.dicom.leaves import Leaf
from dicomgallery.dicom.plain import multiplicity, plain_value
from dicomgallery.errors import UnavailableError
from dicomgallery.storage.opening import store

PIXELS = 0x7FE0
MOST_READ_BYTES = 64 << 20
"""Up to here a file is read with its pixels to say how long they are."""


@dataclass(frozen=True, slots=True)
class TagValue:
    """One element as contract C tells it."""

    tag: str
    keyword: str
    name: str
    vr: str
    vm: int
    value: Any
    """Numbers, texts, lists of them, DICOM JSON for a sequence, {"bytes": n} for binary, None when absent."""


@dataclass(frozen=True, slots=True)
class InvalidTags:
    """What was asked for that is no tag, in the words it was asked with."""

    asked: Sequence[str]


def dataset_of(instance_id: int, *, actor: Actor) -> Dataset:
    """The header of an instance, without its pixels; NotFoundError when it is not here or not for this actor."""
    demand(actor, Permission.VIEW)
    return _read(instances.by_id(actor.scope, instance_id).blob_sha256, whole=False)


def frames_of(instance_id: int, *, actor: Actor) -> Dataset:
    """The header of an instance with what it says of each frame, without its pixels."""
    demand(actor, Permission.VIEW)
    return reader.read_frames(_path(instances.by_id(actor.scope, instance_id).blob_sha256))


@dataclass(frozen=True, slots=True)
class Content:
    """What a stored file says, element by element."""

    dataset: Dataset

    def rows(self) -> list[AttributeRow]:
        """Every element in order, ready for a table."""
        return attributes.rows(self.dataset)

    def text(self) -> str:
        """File meta information, then every element, one a line (contract A)."""
        meta = getattr(self.dataset, "file_meta", None)
        parts = (attributes.as_text(meta) if meta else "", attributes.as_text(self.dataset))
        return "\n".join(part for part in parts if part)


def content_of(instance_id: int, *, actor: Actor) -> Content:
    """All elements of an instance, its pixels among them; its header alone when it is very large."""
    demand(actor, Permission.VIEW)
    instance = instances.by_id(actor.scope, instance_id)
    return Content(_read(instance.blob_sha256, whole=instance.size_bytes <= MOST_READ_BYTES))


def content_at(instance_id: int, frame: int, *, actor: Actor) -> Content:
    """The header of an instance with the functional groups of one frame (counted from 1) and of no other."""
    demand(actor, Permission.VIEW)
    return Content(reader.read_at_frame(_path(instances.by_id(actor.scope, instance_id).blob_sha256), frame))


def tags(instance_id: int, asked: Sequence[str], *, actor: Actor) -> list[TagValue] | InvalidTags:
    """The elements asked for by tag, keyword or path, in the order asked."""
    demand(actor, Permission.VIEW)
    found = [paths.parse_path(text) for text in asked]
    whole = any(path and path[-1].tag >> 16 == PIXELS for path in found)
    dataset = _read(instances.by_id(actor.scope, instance_id).blob_sha256, whole=whole)
    invalid = [
        text for text, path in zip(asked, found, strict=True) if path is None or not paths.is_known(path, dataset)
    ]
    if invalid:
        return InvalidTags(invalid)
    return [_value(path, paths.leaf_at(dataset, path)) for path in found if path is not None]


def _read(sha256: str, *, whole: bool) -> Dataset:
    path = _path(sha256)
    return reader.read_whole(path) if whole else reader.read_header(path)


def _path(sha256: str) -> Path:
    try:
        return store().path(sha256)
    except FileNotFoundError as error:
        raise UnavailableError("The file of this image is missing from the store. Run `flask verify`.") from error


def _value(path: paths.Path, leaf: Leaf | None) -> TagValue:
    tag = path[-1].tag
    known = dictionary_has_tag(tag)
    return TagValue(
        tag=f"({tag >> 16:04x},{tag & 0xFFFF:04x})",
        keyword=dictionary_keyword(tag) if known else "",
        name=dictionary_description(tag) if known else "",
        vr=leaf.vr if leaf else dictionary_VR(tag),
        vm=multiplicity(leaf) if leaf else 0,
        value=plain_value(leaf) if leaf else None,
    )
