"""The calls of the pages that compare headers."""

from dicomgallery.web.calls.writing import Calls, curl, dicomweb, python, rest

_NO_WORD = "DICOMweb compares nothing; it gives the metadata of each."
_NO_METHOD = "The client compares nothing; the REST call gives it."


def of_images(image_id: int, other_id: int) -> Calls:
    """Two images."""
    return _calls(f"/api/v1/instances/{image_id}/differences/{other_id}")


def of_series(series_id: int, other_id: int) -> Calls:
    """Two series."""
    return _calls(f"/api/v1/series/{series_id}/differences/{other_id}")


def of_matrix(series_id: int) -> Calls:
    """What varies in a series."""
    return _calls(f"/api/v1/series/{series_id}/varying")


def _calls(path: str) -> Calls:
    return [rest(curl(path)), dicomweb(remark=_NO_WORD), python(remark=_NO_METHOD)]
