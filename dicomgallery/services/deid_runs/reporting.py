"""The signed report of a run: profile, counts, hashes; it names nobody, and whoever has the public key can check it."""

import base64
import binascii
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dicomgallery import __version__
from dicomgallery.catalog.batches import batches
from dicomgallery.deid.profile import from_json
from dicomgallery.models import DeidItem, DeidReport, DeidRun
from dicomgallery.services.deid_runs import project

_ALGORITHM: Final = "Ed25519"
_AT_ONCE: Final = 5000
_CHECKED: Final = (
    "Every result was searched, byte by byte and value by value, for each value of its original that identifies. "
    "Results in which one was found were set apart and not taken in."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that was read, and whether it is what was signed."""

    said: dict[str, Any]
    is_signed: bool
    """The signature fits the words and the public key in it."""
    is_ours: bool
    """And that key is the one of this gallery."""
    public_key: str


def write(session: Session, run: DeidRun) -> None:
    """Write and sign the report of a run that is done."""
    signed = _signed(_told(session, run), project.signing_key(run.workspace_id))
    session.execute(delete(DeidReport).where(DeidReport.run_id == run.id))
    session.execute(insert(DeidReport).values(run_id=run.id, json_zlib=zlib.compress(signed.encode("utf-8"))))


def check(text: str, workspace_id: int) -> Checked:
    """Read a report and check its signature; never raises for one that was tampered with."""
    said = json.loads(text)
    signature = said.get("signature", {})
    told = said.get("report", {})
    public = str(signature.get("public_key", ""))
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(str(signature.get("value", "")), validate=True), _canonical(told))
        is_signed = signature.get("algorithm") == _ALGORITHM
    except (InvalidSignature, ValueError, binascii.Error):
        is_signed = False
    own = Ed25519PrivateKey.from_private_bytes(project.signing_key(workspace_id)).public_key()
    is_ours = is_signed and public == _text(own.public_bytes_raw())
    return Checked(told, is_signed, is_ours, public)


def _told(session: Session, run: DeidRun) -> dict[str, Any]:
    columns = (
        DeidItem.number, DeidItem.state, DeidItem.reason, DeidItem.sha256_before, DeidItem.sha256_after,
        DeidItem.changes, DeidItem.boxes,
    )  # fmt: skip
    names = ("number", "outcome", "reason", "sha256_before", "sha256_after", "changed_elements", "blanked_areas")
    rows = session.execute(select(*columns).where(DeidItem.run_id == run.id).order_by(DeidItem.number)).all()
    objects = [dict(zip(names, row, strict=True)) for some in batches(rows, _AT_ONCE) for row in some]
    return {
        "kind": "de-identification",
        "format": 1,
        "program": f"DICOM Gallery {__version__}",
        "standard": "DICOM PS3.15 E.1, Table E.1-1",
        "run": run.id,
        "started_at": run.started_at.isoformat(timespec="seconds") if run.started_at else "",
        "finished_at": run.finished_at.isoformat(timespec="seconds") if run.finished_at else "",
        "profile": json.loads(from_json(run.profile).as_json()),
        "burned_in": run.burned_in,
        "leak_check": _CHECKED,
        "counts": dict(Counter(str(one["outcome"]) for one in objects)),
        "actions": json.loads(run.actions),
        "objects": objects,
    }


def _signed(told: dict[str, Any], secret: bytes) -> str:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature = {
        "algorithm": _ALGORITHM,
        "public_key": _text(key.public_key().public_bytes_raw()),
        "value": _text(key.sign(_canonical(told))),
        "signs": "the member `report`, as JSON with sorted keys, no spaces, in UTF-8",
    }
    return json.dumps({"report": told, "signature": signature}, indent=2, ensure_ascii=False)


def _canonical(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
