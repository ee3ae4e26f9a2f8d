"""The calls of a search: the gallery, and within a collection."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from werkzeug.datastructures import MultiDict

from dicomgallery.catalog.facets import TITLES
from dicomgallery.catalog.query import Level, SearchQuery, parse
from dicomgallery.web.calls.writing import Call, Calls, Pairs, called, curl, dicomweb, python, rest, typed
from dicomgallery.web.results import PAGE_SIZE

RESOURCES: Final = {
    Level.PATIENT: "patients",
    Level.STUDY: "studies",
    Level.SERIES: "series",
    Level.IMAGE: "instances",
}
_TOO_MUCH: Final = "The page left out a part of this search, for which a program would be refused."
_LIMIT: Final = ("limit", str(PAGE_SIZE))

# The attributes that the facets show. Of a study QIDO-RS matches only those of studies (PS3.18 table 10.6.1-5).
_OF_STUDIES: Final = {"modality": "ModalitiesInStudy"}
_OF_SERIES: Final = {"modality": "Modality", "body_part": "BodyPartExamined", "manufacturer": "Manufacturer"}
_SPECIAL: Final = frozenset('*?\\,"')
"""Characters that mean more than themselves in a key (PS3.4 C.2.2.2)."""
_SPELLED: Final = {"from": "date_from", "to": "date_to"}


def of(query: SearchQuery) -> Calls:
    """A search, of whatever a card stands for."""
    calls = _of_results(query)
    return typed(calls) if query.q else calls


def of_collection(collection_id: int, query: SearchQuery) -> Calls:
    """A collection, and a search within it."""
    first, *others = of(replace(query, collection_id=collection_id))
    own = curl(f"/api/v1/collections/{collection_id}")
    return [replace(first, lines=(own, *first.lines)), *others]


def _of_results(query: SearchQuery) -> Calls:
    pairs = query.args(level=Level.SERIES)
    if parse(MultiDict(pairs).to_dict(flat=False)).complaints:
        return [rest(remark=_TOO_MUCH)]
    resource = RESOURCES[query.level]
    return [
        rest(curl(f"/api/v1/{resource}", [*pairs, _LIMIT])),
        _by_dicomweb(query),
        python(f"for row in {called(resource, **_named(pairs))}:", "    print(row)"),
    ]


def _named(pairs: Pairs) -> dict[str, object]:
    """The same as arguments of the client; what is said more than once as a list."""
    said = MultiDict(pairs).to_dict(flat=False)
    return {
        _SPELLED.get(name, name): _one(name, values) if len(values) == 1 else values for name, values in said.items()
    }


def _one(name: str, values: list[str]) -> object:
    return int(values[0]) if name == "collection" else values[0]


def _by_dicomweb(query: SearchQuery) -> Call:
    keys = list(_keys(query))
    unsaid = [name for name, value in keys if not value]
    if unsaid:
        return dicomweb(remark=f"DICOMweb cannot ask for {_and(unsaid)}; the others can.")
    resource, remark = RESOURCES[query.level], ""
    if query.level is Level.PATIENT:
        resource, remark = "studies", "DICOMweb has no list of patients; these are their studies."
    return dicomweb(curl(f"/dicom-web/{resource}", [*keys, _LIMIT]), remark=remark)


def _keys(query: SearchQuery) -> Iterator[tuple[str, str]]:
    """Attributes and what they must say; in place of an attribute what DICOMweb cannot say, and an empty value."""
    if query.text:
        yield "free words", ""
    if query.words:
        yield "words within an attribute", ""
    if query.collection_id is not None:
        yield "a collection", ""
    attributes = _OF_SERIES if query.level in {Level.SERIES, Level.IMAGE} else _OF_STUDIES
    first, last = query.date_from, query.date_to
    for facet, values in query.facets:
        value = values[0] if len(values) == 1 and not _SPECIAL & set(values[0]) else ""
        if facet == "year" and value.isdecimal() and len(value) == 4 and not (first or last):
            yield "StudyDate", f"{value}0101-{value}1231"
        elif value and facet in attributes:
            yield attributes[facet], value
        else:
            yield _words_of(facet), ""
    if first or last:
        yield "StudyDate", "-".join(day.isoformat().replace("-", "") if day else "" for day in (first, last))


def _words_of(facet: str) -> str:
    return f"this choice of {TITLES[facet].lower()}"


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
