"""What a person selected: cards one by one, or all that a search finds."""

from collections.abc import Iterator
from dataclasses import dataclass

from dicomgallery.access import Scope
from dicomgallery.catalog import instances, patients, search, series, studies
from dicomgallery.catalog.count import Count
from dicomgallery.catalog.query import Level, SearchQuery


@dataclass(frozen=True, slots=True)
class Selection:
    """Row ids at each level, and a search whose every result is meant."""

    images: tuple[int, ...] = ()
    series: tuple[int, ...] = ()
    studies: tuple[int, ...] = ()
    patients: tuple[int, ...] = ()
    query: SearchQuery | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is selected."""
        return not (self.images or self.series or self.studies or self.patients or self.query)


def instance_ids(scope: Scope, selection: Selection) -> list[int]:
    """Every visible instance of a selection, once each, series by series in space.

    A series, study or patient stands for all its images, whatever search it was found by.
    """
    found: dict[int, None] = dict.fromkeys(_below(scope, Level.PATIENT, selection.patients))
    found.update(dict.fromkeys(_below(scope, Level.STUDY, selection.studies)))
    found.update(dict.fromkeys(_below(scope, Level.SERIES, selection.series)))
    shown = set(instances.visible_ids(scope, selection.images))
    found.update(dict.fromkeys(one for one in selection.images if one in shown))
    for some in _of_query(scope, selection.query):
        found.update(dict.fromkeys(some))
    return list(found)


def count(scope: Scope, selection: Selection) -> Count:
    """How many images a selection has; of a search alone, up to the cap."""
    query = selection.query
    if query is not None and query.level is Level.IMAGE and selection == Selection(query=query):
        return search.count(scope, query)
    return Count(len(instance_ids(scope, selection)))


def _of_query(scope: Scope, query: SearchQuery | None) -> Iterator[list[int]]:
    if query is None:
        return
    for ids in search.every_id(scope, query):
        yield _below(scope, query.level, ids)


def _below(scope: Scope, level: Level, ids: list[int] | tuple[int, ...]) -> list[int]:
    if not ids or level is Level.IMAGE:
        return list(ids)
    if level is Level.PATIENT:
        return _below(scope, Level.STUDY, patients.study_ids(scope, ids))
    if level is Level.STUDY:
        return _below(scope, Level.SERIES, studies.series_ids(scope, ids))
    return series.instance_ids(scope, ids)
