"""Lists of patients, studies, series and images, page by page; and as tables of pandas."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, cast
from urllib.parse import quote

from dicomgallery.client.connection import Connection, Query
from dicomgallery.client.errors import package

if TYPE_CHECKING:
    from pandas import DataFrame

Level = Literal["patients", "studies", "series", "instances"]
Row = dict[str, Any]
"""A row as the gallery tells it: the fields are listed at its `/api/docs`."""
Key = int | str
"""The id of a row, or its DICOM UID; of a patient the id alone."""
Words = str | Sequence[str]

_PAGE: Final = 500
_SPELLED: Final = {"date_from": "from", "date_to": "to"}
_GUARDED: Final = ("'=", "'+", "'-", "'@", "'\t", "'\r")
"""A text that begins so stands behind an apostrophe in a CSV, lest a spreadsheet runs it."""


class Search(TypedDict, total=False):
    """What to look for: all that is said must hold; of several values of one facet any will do."""

    q: str
    """The gallery's search language: words, “phrases”, `Keyword=value`."""
    patient_name: str
    patient_id: str
    study: Key
    series: Key
    collection: int
    date_from: str | date
    """Of the study: a date, or 2024, 2024-05, 2024-05-31 as text."""
    date_to: str | date
    sort: str
    modality: Words
    body_part: Words
    manufacturer: Words
    institution: Words
    year: Words
    transfer_syntax: Words
    deidentified: Words


def query_of(search: Search) -> dict[str, str | list[str]]:
    """The address of a search; TypeError for what the gallery would not look at, and so would find everything."""
    unknown = sorted(set(search) - set(Search.__annotations__))
    if unknown:
        known = ", ".join(Search.__annotations__)
        raise TypeError(f"A search does not know {', '.join(unknown)}. It knows {known}.")
    return {_SPELLED.get(name, name): _said(value) for name, value in search.items() if value is not None}


def rows(connection: Connection, level: Level, search: Search, fields: Sequence[str] = ()) -> Iterator[Row]:
    """Every row that is found, with all its fields or these; the next page is asked for when it is come to."""
    query: dict[str, str | list[str]] = {**query_of(search), "limit": str(_PAGE)}
    if fields:
        query["fields"] = ",".join(fields)
    return _every(connection, f"/api/v1/{level}", query)


def quoted(key: Key) -> str:
    """A key as part of an address; whatever it holds, it stays one part."""
    return quote(str(key), safe="")


def address(level: Level, key: Key, more: str = "") -> str:
    """The address of one row, or of something of it."""
    return f"/api/v1/{level}/{quoted(key)}{more}"


def frame_of(found: Iterable[Row]) -> "DataFrame":
    """Rows as a DataFrame; what is nested gets names with dots: `study.date`."""
    pandas = package("pandas", "A DataFrame")
    return cast("DataFrame", pandas.json_normalize(list(found)))


def tags_frame(connection: Connection, tags: Sequence[str], search: Search) -> "DataFrame":
    """A row an image, indexed by its id; a column an element, missing where the image has none."""
    pandas = package("pandas", "A DataFrame")
    query: Query = {**query_of(search), "tag": list(tags)}
    with connection.pieces("/api/v1/table.csv", query) as pieces:
        # What stands without quotes is a number: an ID of digits stays a text.
        head, *lines = csv.reader(_lines(pieces), quoting=csv.QUOTE_NONNUMERIC)
    table = pandas.DataFrame([[_cell(one) for one in line] for line in lines], columns=head)
    return cast("DataFrame", table.astype({"instance": "int64"}).set_index("instance").convert_dtypes())


def _said(value: object) -> str | list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple | set) else str(value)


def _every(connection: Connection, path: str, query: dict[str, str | list[str]]) -> Iterator[Row]:
    while True:
        page = connection.told(path, query)
        yield from page["items"]
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines of a CSV as it arrives; only those in quotes may hold others, and the reader puts them together."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (f"{line.decode()}\n" for line in whole)
    if rest:
        yield rest.decode()


def _cell(value: object) -> object:
    """What a cell says; None where it is empty."""
    if isinstance(value, str):
        return (value[1:] if value.startswith(_GUARDED) else value) or None
    return value
