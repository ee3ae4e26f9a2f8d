"""The image level of the gallery: the images of matching series, looked at one by one where need be.

The word index knows series, not images. What it finds is made precise here: by columns where the
instance has them, else by the headers of the candidates, a bounded number of them a page.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, false, func, select

from dicomgallery.access import Scope
from dicomgallery.catalog import headers, instances
from dicomgallery.catalog.count import CAP, Count
from dicomgallery.catalog.matching import Matching
from dicomgallery.catalog.query import SearchQuery
from dicomgallery.catalog.scoping import visible
from dicomgallery.dicom.words import tokens_for
from dicomgallery.models import CollectionMember, Instance, Series, db

SERIES_DONE: Final = -1
"""In a cursor, in the place of an instance: the series was seen to its end."""

MOST_HEADERS: Final = 150
"""So many headers are unpacked for one page."""
MOST_EXAMINED: Final = 50_000
"""So many rows are tested for one page."""

# Equal throughout a series by PS3.3 A.1.4: patient, study, series and equipment modules.
SERIES_WIDE: Final = frozenset(
    """
    patientname patientid issuerofpatientid patientbirthdate patientsex patientage studyinstanceuid studydate
    studytime studyid studydescription accessionnumber referringphysicianname seriesinstanceuid seriesnumber
    seriesdescription modality bodypartexamined protocolname manufacturer manufacturermodelname institutionname
    stationname frameofreferenceuid patientidentityremoved
    """.split()
)


def _uid(column: Any) -> Callable[[str], ColumnElement[bool]]:
    return lambda value: column == value


def _number(column: Any) -> Callable[[str], ColumnElement[bool]]:
    def equals(value: str) -> ColumnElement[bool]:
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
            return false()
        equal: ColumnElement[bool] = column == int(value)
        return equal

    return equals


BY_COLUMN: Final[dict[str, Callable[[str], ColumnElement[bool]]]] = {
    "sopinstanceuid": _uid(Instance.sop_uid),
    "sopclassuid": _uid(Instance.sop_class_uid),
    "instancenumber": _number(Instance.number),
    "acquisitionnumber": _number(Instance.acquisition_number),
    "rows": _number(Instance.rows),
    "columns": _number(Instance.columns),
    "samplesperpixel": _number(Instance.samples),
    "bitsallocated": _number(Instance.bits_allocated),
    "bitsstored": _number(Instance.bits_stored),
}


def clauses(query: SearchQuery, match: Matching | None) -> list[ColumnElement[bool]]:
    """What the columns of an instance can say about a search."""
    found = []
    for keyword, value in query.words:
        if build := BY_COLUMN.get(keyword.lower()):
            found.append(build(value))
    if match is not None and match.instance_ids is not None:
        found.append(Instance.id.in_(match.instance_ids))
    if query.collection_id is not None:
        member = CollectionMember.instance_id == Instance.id
        found.append(exists().where(member, CollectionMember.collection_id == query.collection_id))
    return found


def header_tokens(query: SearchQuery) -> frozenset[str]:
    """The words that only the header of an image can confirm."""
    asked = [pair for pair in query.words if pair[0].lower() not in BY_COLUMN and pair[0].lower() not in SERIES_WIDE]
    return frozenset(token for keyword, value in asked for token in tokens_for(keyword, value))


def count(scope: Scope, query: SearchQuery, match: Matching) -> Count:
    """How many images a search has, up to the cap; an upper bound where only looking at each would tell."""
    series = match.narrowed(select(Series.id, Series.instance_count), scope).limit(CAP + 1).subquery()
    number, total = db.session.execute(
        select(func.count(), func.coalesce(func.sum(series.c.instance_count), 0)).select_from(series)
    ).one()
    exact = clauses(query, match)
    if exact and (total <= MOST_EXAMINED or query.collection_id is not None or match.instance_ids is not None):
        among = match.narrowed(select(Series.id), scope)
        found = visible(select(Instance.id).where(Instance.series_key.in_(among), *exact), Instance, scope)
        limited = select(func.count()).select_from(found.limit(CAP + 1).subquery())
        counted = Count.up_to_cap(int(db.session.scalar(limited) or 0))
        return Count(counted.number, counted.capped, upper_bound=bool(header_tokens(query)))
    return Count(int(total), number > CAP, upper_bound=bool(exact or header_tokens(query)))


@dataclass
class Gathering:
    """Images gathered for one page, from one list of series after another."""

    scope: Scope
    query: SearchQuery
    match: Matching | None
    limit: int
    found: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)
    """Instance ids, each with the sort key of its series."""
    examined: int = 0
    headers: int = 0

    def __post_init__(self) -> None:
        self.clauses = clauses(self.query, self.match)
        self.tokens = header_tokens(self.query)

    @property
    def ids(self) -> list[int]:
        """The instances gathered, in order."""
        return [found[0] for found in self.found]

    def take(self, series: Sequence[tuple[int, tuple[Any, ...]]], *, after: int | None) -> tuple[Any, ...] | None:
        """Gather from series (id and sort key); where to go on when the page is full or enough was looked at.

        `after` is the instance in the first series up to which earlier pages came.
        """
        counts = self._counts([one[0] for one in series])
        for group in self._groups(series, counts):
            rows = instances.ordered(self.scope, [one[0] for one in group], *self.clauses)
            for one in group:
                mine = rows.get(one[0], [])
                if after is not None and one == series[0]:
                    mine = instances.following(self.scope, mine, after)
                if (stop := self._take_from(one[1], mine)) is not None:
                    return stop
                self.examined += counts.get(one[0], 0)
                if self.examined > MOST_EXAMINED:
                    return (*one[1], SERIES_DONE)
        return None

    def _take_from(self, key: tuple[Any, ...], ids: Sequence[int]) -> tuple[Any, ...] | None:
        step = max(1, min(self.limit, 100)) if self.tokens else max(1, len(ids))
        for start in range(0, len(ids), step):
            batch = ids[start : start + step]
            good = headers.with_words(self.scope, batch, self.tokens) if self.tokens else set(batch)
            for instance_id in batch:
                if instance_id not in good:
                    continue
                if len(self.found) == self.limit:
                    return (*self.found[-1][1], self.found[-1][0])
                self.found.append((instance_id, key))
            self.headers += len(batch) if self.tokens else 0
            if self.headers >= MOST_HEADERS:
                return (*key, batch[-1])
        return None

    def _counts(self, series_ids: Sequence[int]) -> dict[int, int]:
        query = select(Series.id, Series.instance_count).where(Series.id.in_(series_ids))
        return dict(db.session.execute(query).all())

    def _groups(
        self, series: Sequence[tuple[int, tuple[Any, ...]]], counts: dict[int, int]
    ) -> Iterator[list[tuple[int, tuple[Any, ...]]]]:
        """As many series at a time as will fill the page, if every image in them is wanted."""
        group: list[tuple[int, tuple[Any, ...]]] = []
        held = 0
        for one in series:
            group.append(one)
            held += counts.get(one[0], 0)
            if held > (1500 if self.clauses else self.limit - len(self.found)):
                yield group
                group, held = [], 0
        if group:
            yield group
