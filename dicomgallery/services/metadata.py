"""Metadata: the headers of a series, a study or an instance as DICOMweb sends them (PS3.18 10.4.1.1.2).

A series' is made once, of the stored JSON as it is, and kept compressed; one that changes has another key.
"""

import hashlib
import logging
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from dicomgallery import settings
from dicomgallery.access import Actor, Permission, Scope, demand
from dicomgallery.catalog import headers
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.dicomweb import members as catalog
from dicomgallery.catalog.dicomweb.members import Member, Place
from dicomgallery.dicom import dicomjson
from dicomgallery.dicom.native_xml import to_xml
from dicomgallery.dicom.reader import PYDICOM_TROUBLE, UnreadableError
from dicomgallery.errors import NotFoundError
from dicomgallery.imaging.packing import unpacked
from dicomgallery.models import in_context
from dicomgallery.services import indexing
from dicomgallery.services.metadata_cache import Key, MetadataCache

VERSION: Final = "1"
"""Changes with whatever changes the metadata of the same bytes."""
_AT_ONCE: Final = 200
_HASH: Final = 24
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeriesMetadata:
    """The metadata of a series, made or not."""

    place: Place
    members: Sequence[Member]
    service: str
    """The address of the service, which that of bulk data begins with."""
    scope: Scope

    @property
    def key(self) -> Key:
        """What tells it from every other."""
        return Key(self.place.series_id, fingerprint(self.members), _hash(self.service)[:8])

    @property
    def etag(self) -> str:
        """What changes with it."""
        return f"metadata-{VERSION}-{self.key.series_id}-{self.key.members}-{self.key.service}"

    def file(self) -> Path:
        """A JSON list of all its instances, compressed; OSError when the disk refuses."""
        found = cache().find(self.key)
        if found is not None:
            return found
        unread: list[int] = []
        return cache().keep(self.key, self._pieces(unread), is_whole=lambda: not unread)

    def models(self, unread: list[int] | None = None) -> Iterator[tuple[str, bytes]]:
        """The address of each instance and its DICOM JSON, some of them read at a time.

        Of what cannot be read only its UIDs are told, and its row id goes to `unread`.
        """
        for some in batches(self.members, _AT_ONCE):
            packed = headers.packed(self.scope, [one.id for one in some])
            for one in some:
                address = f"{self.service}/{self.place.address(one.sop_uid)}"
                header = zlib.decompress(packed[one.id]) if one.id in packed else b""
                if not header or dicomjson.lacks_addresses(header, has_pixels=one.has_pixels):
                    header = _read(one) or header
                if not header and unread is not None:
                    unread.append(one.id)
                if not header or one.uids_made:
                    header = _named(header, one, self.place)
                yield address, dicomjson.sent(header, address)

    def _pieces(self, unread: list[int]) -> Iterator[bytes]:
        lead = b"["
        for _, model in self.models(unread):
            yield lead + model
            lead = b","
        yield b"]"


def of_series(study_uid: str, series_uid: str, *, service: str, actor: Actor) -> list[SeriesMetadata]:
    """That of a series in each workspace that has it; NotFoundError when it is not here."""
    demand(actor, Permission.VIEW)
    return [_of(place, service, actor.scope) for place in catalog.places(actor.scope, study_uid, series_uid)]


def of_study(study_uid: str, *, service: str, actor: Actor) -> list[SeriesMetadata]:
    """That of each series of a study; NotFoundError when it is not here."""
    demand(actor, Permission.VIEW)
    return [_of(place, service, actor.scope) for place in catalog.places(actor.scope, study_uid)]


def of_instance(study_uid: str, series_uid: str, sop_uid: str, *, service: str, actor: Actor) -> SeriesMetadata:
    """That of one instance, as of a series that has no other."""
    demand(actor, Permission.VIEW)
    for place in catalog.places(actor.scope, study_uid, series_uid):
        if found := catalog.members(actor.scope, place.series_id, sop_uid):
            return SeriesMetadata(place, found, service, actor.scope)
    raise NotFoundError(catalog.NOT_HERE)


def etag_of(series: Sequence[SeriesMetadata]) -> str:
    """What changes with any of several series."""
    return series[0].etag if len(series) == 1 else f"metadata-{_hash(' '.join(one.etag for one in series))[:_HASH]}"


def joined(series: Sequence[SeriesMetadata]) -> Iterator[bytes]:
    """One JSON list of several series, made while it is read; bounded in memory whatever their number."""
    makers = [in_context(one.file) for one in series]

    def flow() -> Iterator[bytes]:
        lead = b"["
        for make in makers:
            yield lead
            yield from _inside(unpacked(make().read_bytes()))
            lead = b","
        yield b"]"

    return flow()


def as_xml(series: Sequence[SeriesMetadata]) -> Iterator[tuple[str, bytes]]:
    """The address of each instance of several series and its Native DICOM Model, made while it is read."""
    flow = ((address, to_xml(orjson.loads(model))) for one in series for address, model in one.models())
    following = in_context(lambda: next(flow, None))
    return iter(following, None)


def fingerprint(members: Sequence[Member]) -> str:
    """A hash of the instances of a series and their bytes."""
    digest = hashlib.sha256()
    for one in members:
        digest.update(f"{one.id} {one.sop_uid} {one.blob_sha256}\n".encode())
    return digest.hexdigest()[:_HASH]


def cache() -> MetadataCache:
    """The cache of the application at work."""
    return MetadataCache(settings.current().data, VERSION)


def _inside(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A JSON list without its brackets, which are its first and its last byte."""
    rest = filter(None, pieces)
    held = next(rest)[1:]
    for piece in rest:
        yield held
        held = piece
    yield held[:-1]


def _of(place: Place, service: str, scope: Scope) -> SeriesMetadata:
    return SeriesMetadata(place, catalog.members(scope, place.series_id), service, scope)


def _read(member: Member) -> bytes:
    """The header from the file itself, where the catalog has none yet or an old one; empty when it cannot be read."""
    try:
        return indexing.header_of(member.blob_sha256)
    except (UnreadableError, *PYDICOM_TROUBLE) as error:
        log.warning("a header was not read", extra={"instance": member.id, "error_type": type(error).__name__})
        return b""


def _named(header: bytes, member: Member, place: Place) -> bytes:
    """A header with the UIDs that its instance is filed under, where the file has none, or cannot be read."""
    model: dict[str, Any] = orjson.loads(header) if header else {}
    uids = {
        "00080016": member.sop_class_uid,
        "00080018": member.sop_uid,
        "0020000D": place.study_uid,
        "0020000E": place.series_uid,
    }
    for tag, uid in uids.items():
        if uid:
            model[tag] = {"vr": "UI", "Value": [uid]}
    return orjson.dumps(dict(sorted(model.items())))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
