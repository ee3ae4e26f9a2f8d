"""The signed report of a run: from what is kept of each object, and back to what a page shows of it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dicomgallery.deid import report
from dicomgallery.deid.check import Finding, Leaks
from dicomgallery.deid.profile import from_json
from dicomgallery.deid.report import Outcome, Run, Treated
from dicomgallery.deid.traces import Kind
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import RefusedError
from dicomgallery.models import DeidItem, DeidReport, DeidRun, now
from dicomgallery.services.deid_runs import project

_OUTCOMES: Final = {"done": Outcome.WRITTEN, "quarantined": Outcome.QUARANTINED}
_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that was read, and whether it is what this gallery has signed."""

    said: dict[str, Any]
    why_not: str
    """Why it is not to be trusted; empty when its signature fits."""
    public_key: str
    """Of this gallery, as PEM."""


def proof(
    leaks: Leaks | None, actions: Mapping[str, int] | None = None, boxes: Sequence[Box] = (), reviewer: str = ""
) -> str:
    """What the row of an object keeps for the report, as JSON."""
    found: dict[str, Any] = {"actions": dict(actions or {}), "boxes": [list(box) for box in boxes]}
    if reviewer:
        found["reviewer"] = reviewer
    if leaks is not None:
        found["leaks"] = [leaks.left_out, leaks.unsearched, leaks.unreadable]
        found["findings"] = [[one.kind.value, one.where, one.tag] for one in leaks.findings]
    return json.dumps(found)


def write(session: Session, run: DeidRun) -> None:
    """Write and sign the report of a run that is done."""
    profile = from_json(run.profile)
    told = Run(
        profile.name,
        str(profile.version),
        sorted(profile.options),
        run.started_at or run.created_at,
        run.finished_at or now(),
        _objects(session, run.id),
        profile.overrides,
        run.burned_in,
        run.id,
    )
    signed = report.signed(told, project.signing_key(run.workspace_id))
    session.execute(delete(DeidReport).where(DeidReport.run_id == run.id))
    session.execute(insert(DeidReport).values(run_id=run.id, json_zlib=zlib.compress(signed)))


def check(text: str, workspace_id: int) -> Checked:
    """Read a report and check its signature; never raises for one that was tampered with."""
    key = report.public_key(project.signing_key(workspace_id))
    try:
        return Checked(report.verify(text.encode("utf-8"), key), "", key.decode("ascii"))
    except RefusedError as error:
        return Checked({}, error.message, key.decode("ascii"))


def _objects(session: Session, run_id: int) -> list[Treated]:
    objects: list[Treated] = []
    after = 0
    while True:
        query = select(DeidItem).where(DeidItem.run_id == run_id, DeidItem.number > after)
        items = session.scalars(query.order_by(DeidItem.number).limit(_AT_ONCE)).all()
        if not items:
            return objects
        objects += [_treated(item) for item in items]
        after = items[-1].number
        # Rows of a hundred thousand objects need not be held as such.
        for item in items:
            session.expunge(item)


def _treated(item: DeidItem) -> Treated:
    kept = json.loads(item.proof)
    leaks = None
    if "leaks" in kept:
        left_out, unsearched, unreadable = kept["leaks"]
        findings = tuple(Finding(Kind(kind), where, tag) for kind, where, tag in kept["findings"])
        leaks = Leaks(findings, left_out, unsearched, unreadable)
    return Treated(
        item.sha256_before,
        _OUTCOMES.get(item.state, Outcome.FAILED),
        item.sha256_after,
        kept.get("actions", {}),
        leaks,
        [Box(*box) for box in kept.get("boxes", [])],
        is_reviewed="reviewer" in kept,
        reason=item.reason,
        reviewer=kept.get("reviewer", ""),
    )
