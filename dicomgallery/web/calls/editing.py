"""The calls of the editor: what a program can ask of the image that is edited; changes are made in the browser."""

from collections.abc import Sequence
from typing import Final

from dicomgallery.web.calls.writing import Calls, called, curl, dicomweb, python, rest

_READ_ALONE: Final = "Programs read the elements; changes are reviewed by a person, in the browser."
_NOT_VERSIONS: Final = "DICOMweb has only what is in the gallery now, and changes nothing in it."
_NO_TABLES: Final = "The client has no tables; the REST call gives one."


def of_elements(instance_id: int) -> Calls:
    """The elements of an image that is edited."""
    return [
        rest(curl(f"/api/v1/instances/{instance_id}/tags"), remark=_READ_ALONE),
        dicomweb(remark=_NOT_VERSIONS),
        python(f"print({called('tags', instance_id)})"),
    ]


def of_versions(instance_ids: Sequence[int]) -> Calls:
    """The versions of an object; each says which one it replaced."""
    return [
        rest(*(curl(f"/api/v1/instances/{one}") for one in instance_ids)),
        dicomweb(remark=_NOT_VERSIONS),
        python(*(f"print({called('row', 'instances', one)})" for one in instance_ids)),
    ]


def of_tables(series_id: int) -> Calls:
    """The tables that a CSV can begin as: what varies in a series, or chosen elements of all that a search finds."""
    path = f"/api/v1/series/{series_id}/varying" if series_id else "/api/v1/table.csv?tag=PatientID&tag=StudyID"
    return [rest(curl(path), remark=_READ_ALONE), dicomweb(remark=_NOT_VERSIONS), python(remark=_NO_TABLES)]
