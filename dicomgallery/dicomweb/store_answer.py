"""What a store answers: the Store Instances Response Module (PS3.18 annex I), and its status (10.5.3.1)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from flask import Response

from dicomgallery.access import Scope
from dicomgallery.catalog import objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.dicom.native_xml import to_xml
from dicomgallery.dicomweb.addresses import retrieve_url
from dicomgallery.dicomweb.models import Form
from dicomgallery.ingest.outcome import IngestReport, Reason, Rejected

FAILURES: Final = {
    Reason.INVALID_TYPE: 0xC000,
    Reason.TRUNCATED: 0xC000,
    Reason.UNREADABLE: 0xC000,
    Reason.TOO_LARGE: 0xA700,
    Reason.STORAGE_FULL: 0xA700,
    Reason.OTHER_STUDY: 0xA900,
    Reason.REPLACED: 0x0110,
    Reason.UNSAFE: 0x0110,
    Reason.DUPLICATE: 0x0110,
}
"""Cannot understand, out of resources, does not match, processing failure (table I.2-2)."""
COERCED: Final = 0xB000
UNLIKE_ITS_CLASS: Final = 0xB007
"""Warning reasons (table I.2-3)."""

Model = dict[str, dict[str, Any]]


def answer(report: IngestReport, scope: Scope, form: Form) -> Response:
    """Tell what became of each instance; the sentences stand in the receipt, which the Link header names."""
    places = objects.by_ids(scope, [kept.instance_id for kept in report.kept])
    kept = [_kept(places[one.instance_id]) for one in report.kept if one.instance_id in places]
    failed = [_failed(one) for one in report.rejected if _is_known(one)]
    others = [_failure(one) for one in report.rejected if not _is_known(one)]
    model = _module(places, kept, failed, others)
    if report.rejected:
        status = 202 if report.kept else 409
    else:
        status = 202 if any("00081196" in item for item in kept) else 200
    body = to_xml(model) if form is Form.XML else orjson.dumps(model)
    response = Response(body, status, mimetype=form.value)
    response.headers["Link"] = f'</receipts/{report.receipt_id}>; rel="describedby"'
    return response


def _module(
    places: Mapping[int, StoredObject], kept: Sequence[Model], failed: Sequence[Model], others: Sequence[Model]
) -> Model:
    study_uids = {place.study_uid for place in places.values()}
    model: Model = {"00081190": _url(retrieve_url(study_uids.pop())) if len(study_uids) == 1 else {"vr": "UR"}}
    for tag, items in (("00081198", failed), ("00081199", kept), ("0008119A", others)):
        if items:
            model[tag] = {"vr": "SQ", "Value": list(items)}
    return model


def _kept(place: StoredObject) -> Model:
    item = _reference(place.sop_class_uid, place.sop_uid)
    item["00081190"] = _url(retrieve_url(place.study_uid, place.series_uid, place.sop_uid))
    if place.uids_made or place.headerless:
        item["00081196"] = {"vr": "US", "Value": [COERCED if place.uids_made else UNLIKE_ITS_CLASS]}
    return dict(sorted(item.items()))


def _is_known(file: Rejected) -> bool:
    return file.sop_uids is not None and bool(file.sop_uids[1])


def _failed(file: Rejected) -> Model:
    return dict(sorted((_reference(*(file.sop_uids or ("", ""))) | _failure(file)).items()))


def _failure(file: Rejected) -> Model:
    return {"00081197": {"vr": "US", "Value": [FAILURES[file.reason]]}}


def _reference(sop_class_uid: str, sop_uid: str) -> Model:
    return {
        "00081150": {"vr": "UI", **({"Value": [sop_class_uid]} if sop_class_uid else {})},
        "00081155": {"vr": "UI", "Value": [sop_uid]},
    }


def _url(url: str) -> dict[str, Any]:
    return {"vr": "UR", "Value": [url]}
