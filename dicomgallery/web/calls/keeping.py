"""The calls of what comes in, leaves, and is kept account of."""

import json
from collections.abc import Sequence
from typing import Final

from dicomgallery.web.calls.writing import Call, Calls, called, curl, dicomweb, python, rest

_AS_DICOM: Final = {"Content-Type": "application/dicom"}
_AS_JSON: Final = {"Content-Type": "application/json"}
_FILE: Final = ("--data-binary", "@image.dcm")
_REST_ALONE: Final = Call("DICOMweb and Python", remark="DICOMweb and the Python client have no word for this.")


def of_upload() -> Calls:
    """Send a file."""
    return [
        rest(curl("/api/v1/uploads", headers=_AS_DICOM, more=_FILE)),
        dicomweb(curl("/dicom-web/studies", headers=_AS_DICOM, more=_FILE)),
        python("sent = gallery.upload('image.dcm')", "print(sent.receipt)", remark="A folder goes in the same way."),
    ]


def of_list(name: str, *below: str | int, query: Sequence[tuple[str, str]] = ()) -> Calls:
    """A list that our API alone has (collections, receipts, bin, exports), or what one row of it holds."""
    path = "/".join(["/api/v1", name, *map(str, below)])
    return [rest(curl(path, query)), _REST_ALONE]


def of_deidentification(run_id: int, *, is_done: bool = False) -> Calls:
    """A run without identity, its objects, and its report where there is one."""
    own = f"/api/v1/deidentifications/{run_id}"
    return [rest(curl(own), curl(f"{own}/objects"), *([curl(f"{own}/report")] if is_done else [])), _REST_ALONE]


def of_receipt(receipt_id: int, outcome: str) -> Calls:
    """A receipt, and its files with this outcome or any."""
    own = f"/api/v1/receipts/{receipt_id}"
    return [rest(curl(own), curl(f"{own}/files", [("outcome", outcome)] if outcome else ())), _REST_ALONE]


def of_export_form(series_id: int, kind: str) -> Calls:
    """Have a file made of a series."""
    asked = ["-d", json.dumps({"kind": kind})]
    return [
        rest(
            curl(f"/api/v1/series/{series_id}/exports", headers=_AS_JSON, more=asked),
            remark="The answer names the export, which is then asked for until its file is ready.",
        ),
        dicomweb(remark="DICOMweb has no exports."),
        python(called("save_export", series_id, kind, f"series-{series_id}.export"), remark="It waits for the file."),
    ]


def of_export(export_id: int, *, is_ready: bool) -> Calls:
    """An export, and its file where there is one."""
    own = f"/api/v1/exports/{export_id}"
    return [rest(curl(own), *([curl(f"{own}/file", more=["-OJ"])] if is_ready else [])), _REST_ALONE]
