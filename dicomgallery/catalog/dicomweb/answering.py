"""Answers of a search: what rows and, where need be, headers say of a study, a series or an instance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog import headers as catalog_headers
from dicomgallery.catalog.batches import batches, plain_rows
from dicomgallery.catalog.dicomweb import columns
from dicomgallery.catalog.dicomweb.asking import Asked, Path, nested
from dicomgallery.catalog.dicomweb.columns import CONSTANT, FROM_HEADER, HELD, Held, Resource
from dicomgallery.catalog.scoping import AnySelect, visible
from dicomgallery.dicom.levels import is_of_series, is_of_study
from dicomgallery.dicom.matching import Universal, matches
from dicomgallery.models import Base, Instance, Patient, Series, Study

Model = dict[str, dict[str, Any]]
Json = Mapping[str, Mapping[str, Any]]

_PIXELS: Final = 0x7FE0
_ZONE: Final = f"{columns.TIMEZONE:08X}"
_ROWS: Final[Mapping[Resource, type[Base]]] = {
    Resource.STUDIES: Study,
    Resource.SERIES: Series,
    Resource.INSTANCES: Instance,
}


@dataclass(slots=True)
class Candidate:
    """One row with what stands above it, and the headers that speak for it."""

    row: Sequence[Any]
    held: Sequence[Held]
    headers: Sequence[Json] = field(default=())

    def whole(self) -> Model:
        """All that the columns and the first header say."""
        model: dict[str, Any] = dict(self.headers[0]) if self.headers else {}
        for tag, (vr, values) in CONSTANT.items():
            model[f"{tag:08X}"] = {"vr": vr, "Value": values}
        for one, value in zip(self.held, self.row[1:], strict=False):
            model[f"{one.tag:08X}"] = _element(one.vr, one.values(value))
        return model


class Answers:
    """Reads candidates, and makes of them what was asked for."""

    def __init__(self, scope: Scope, asked: Asked) -> None:
        self.scope = scope
        self.asked = asked
        self.resource = asked.resource
        self.held = [one for one in HELD.values() if one.resource <= asked.resource]
        self.unread = 0
        self._zones: dict[int | None, Mapping[str, Any]] = {}
        self._fields = self._wanted()
        # PS3.18 10.6.3.3: a private element is told with its creator.
        self._creators = {tag >> 16 << 16 | tag >> 8 & 0xFF for tag in self._named() if tag >> 16 & 1}
        self._stored = {
            path: matcher
            for path, matcher in asked.keys.items()
            if path[0] not in HELD and path[0] not in CONSTANT and not isinstance(matcher, Universal)
        }

    def of(self, ids: Sequence[int], *, with_headers: bool = False) -> Iterator[Candidate]:
        """Candidates in the order of their ids; `with_headers`, those only that have one."""
        for some in batches(ids):
            rows = {row[0]: row for row in plain_rows(self._statement(some))}
            headers = self._headers(rows) if with_headers or self._reads_headers() else {}
            if self.resource is Resource.INSTANCES:
                self._learn_zones(rows)
            for one in some:
                if one not in rows:
                    continue
                if with_headers and one not in headers:
                    self.unread += 1
                    continue
                yield Candidate(rows[one], self.held, headers.get(one, ()))

    def told(self, candidate: Candidate) -> Model:
        """What the answer says of a candidate."""
        model: Model = {}
        for one, value in zip(self.held, candidate.row[1:], strict=False):
            # OHIF counts the values of this one without a look whether there are any, and then shows no study at all.
            if one.tag in self._fields and (value or one.tag != columns.MODALITIES):
                model[f"{one.tag:08X}"] = _element(one.vr, one.values(value))
        for tag, (vr, values) in CONSTANT.items():
            model[f"{tag:08X}"] = {"vr": vr, "Value": values}
        header = candidate.headers[0] if candidate.headers else {}
        for name, element in header.items():
            if name not in model and (inner := self._from_header(int(name, 16))) is not None:
                model[name] = _pruned(element, inner)
        if self.resource is Resource.INSTANCES and (zone := self._zones.get(candidate.row[-1])):
            model.setdefault(_ZONE, dict(zone))
        return model

    def _learn_zones(self, rows: Mapping[int, Sequence[Any]]) -> None:
        """Note the zone of each series: its instances tell it without a header of each being read."""
        unknown = {row[-1] for row in rows.values()} - self._zones.keys() - {None}
        read = catalog_headers.of(self.scope, unknown)
        self._zones |= {cover: read.get(cover, {}).get(_ZONE, {}) for cover in unknown}

    def _named(self) -> set[int]:
        return {path[0] for path in (*self.asked.fields, *self.asked.keys)}

    def _wanted(self) -> set[int]:
        """The columns that are told: what every answer has, and what is asked for."""
        asked = self._named()
        named = {Resource.STUDIES: bool(self.asked.study_uid), Resource.SERIES: bool(self.asked.series_uid)}
        told = set()
        for one in self.held:
            # PS3.18 10.6.3.3: what stands above is told where the address does not name it.
            is_shown = one.resource == self.resource or not named.get(one.resource, False)
            is_uid = one.tag in (columns.STUDY_UID, columns.SERIES_UID, columns.SOP_UID)
            wanted = (one.required and is_shown) or (self.asked.everything and is_shown) or is_uid
            if wanted or one.tag in asked:
                told.add(one.tag)
        return told

    def _reads_headers(self) -> bool:
        return (
            self.asked.everything
            or self.resource is not Resource.INSTANCES
            or any(tag not in HELD for tag in self._named())
        )

    def _from_header(self, tag: int) -> Sequence[Path] | None:
        """What of an element of the header is told: all of it (nothing named), the paths below it, or None for not."""
        paths = [path[1:] for path in (*self.asked.fields, *self.asked.keys) if path[0] == tag]
        if paths and (self._may_tell(tag) or any(path[0] == tag for path in self._stored)):
            return [] if () in paths else [path for path in paths if path]
        if tag in self._creators:
            return []
        if tag in FROM_HEADER[self.resource]:
            return [(key,) for key in columns.REQUEST_KEYS] if tag == 0x00400275 else []
        return [] if self.asked.everything and self._may_tell(tag) and tag >> 16 != _PIXELS else None

    def _may_tell(self, tag: int) -> bool:
        if self.resource is Resource.INSTANCES:
            return True
        return is_of_study(tag) or (self.resource is Resource.SERIES and is_of_series(tag))

    def _statement(self, ids: Sequence[int]) -> AnySelect:
        model = _ROWS[self.resource]
        key = model.__table__.c.id
        statement: AnySelect = select(key, *(one.column for one in self.held))
        if self.resource is Resource.INSTANCES:
            statement = statement.select_from(Instance).join(Series, Instance.series_key == Series.id)
            statement = statement.join(Study, Series.study_key == Study.id).add_columns(Series.cover_id)
        elif self.resource is Resource.SERIES:
            statement = (
                statement.add_columns(Series.cover_id).select_from(Series).join(Study, Series.study_key == Study.id)
            )
        else:
            statement = statement.select_from(Study)
        return statement.join(Patient, Study.patient_key == Patient.id).where(key.in_(ids))

    def _headers(self, rows: Mapping[int, Sequence[Any]]) -> dict[int, list[Json]]:
        """The headers that speak for each row: an instance's own, of a series its cover's, of a study those of each."""
        speakers: dict[int, list[int | None]] = {}
        if self.resource is Resource.STUDIES:
            query = visible(select(Series.study_key, Series.cover_id), Series, self.scope)
            for study, cover in plain_rows(query.where(Series.study_key.in_(list(rows))).order_by(Series.id)):
                speakers.setdefault(study, []).append(cover)
        else:
            own = self.resource is Resource.INSTANCES
            speakers = {row_id: [row_id if own else row[-1]] for row_id, row in rows.items()}
        if self.resource is Resource.STUDIES and not self._stored:
            # Every series of a study says the same of it.
            speakers = {study: covers[:1] for study, covers in speakers.items()}
        read = catalog_headers.of(
            self.scope, {cover for covers in speakers.values() for cover in covers if cover is not None}
        )
        found: dict[int, list[Json]] = {}
        for row_id, covers in speakers.items():
            headers: list[Json] = [read[cover] for cover in covers if cover in read]
            if headers:
                found[row_id] = self._fitting_first(headers)
        return found

    def _fitting_first(self, headers: list[Json]) -> list[Json]:
        """Put a header first that has what is asked for of headers: what any series of a study says, the study says."""
        if len(headers) == 1:
            return headers
        tree = nested(self._stored)
        return sorted(headers, key=lambda header: not matches(header, tree))


def _element(vr: str, values: list[Any]) -> dict[str, Any]:
    return {"vr": vr, "Value": values} if values else {"vr": vr}


def _pruned(element: Mapping[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
    """An element of a header with what is named inside it; all of it when nothing is; no long values."""
    told = {name: value for name, value in element.items() if name != "BulkDataURI"}
    if not paths or element.get("vr") != "SQ" or "Value" not in element:
        return told
    wanted: dict[str, list[Path]] = {}
    for path in paths:
        wanted.setdefault(f"{path[0]:08X}", []).append(path[1:])
    told["Value"] = [
        {
            tag: _pruned(inner, [] if () in wanted[tag] else [path for path in wanted[tag] if path])
            for tag, inner in (item or {}).items()
            if tag in wanted
        }
        for item in element["Value"]
    ]
    return told
