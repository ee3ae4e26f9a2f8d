"""The calls of the editor: what a program can ask of the image that is edited; changes are made in the browser."""

from collections.abc import Sequence
from typing import Final

from dicomgallery.web.calls.writing import Calls, called, curl, dicomweb, python, rest

_READ_ALONE: Final = "Programs read the elements; changes are reviewed by a person, in the browser."
_NOT_VERSIONS: Final = "DICOMweb has only what is in the gallery now, and changes nothing in it."


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
