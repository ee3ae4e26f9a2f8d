"""What is ticked in a grid, or everything that its search finds."""

from urllib.parse import parse_qs

from werkzeug.datastructures import MultiDict

from dicomgallery.catalog import query as searching
from dicomgallery.catalog.query import SearchQuery
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import RefusedError

LEVELS = ("images", "series", "studies", "patients")
NOTHING = "Nothing was selected. Tick some images first."


def selection_of(form: MultiDict[str, str]) -> Selection:
    """What a form of a grid means; RefusedError when it means nothing."""
    if form.get("all") == "1":
        return Selection(query=_query(form.get("query", "")))
    images, series, studies, patients = (_ids(form.getlist(level)) for level in LEVELS)
    selection = Selection(images=images, series=series, studies=studies, patients=patients)
    if selection.is_empty:
        raise RefusedError(NOTHING)
    return selection


def _query(text: str) -> SearchQuery:
    # A query string of our own making; what is odd in it is left out, as in the address bar.
    return searching.parse(parse_qs(text, keep_blank_values=True, max_num_fields=1000))


def _ids(values: list[str]) -> tuple[int, ...]:
    return tuple(
        dict.fromkeys(int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 19)
    )
