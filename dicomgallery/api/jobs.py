"""`/api/v1/jobs`: later work, how far it is, and calling it off."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from dicomgallery.access import Permission
from dicomgallery.api.asking import Paged
from dicomgallery.api.describing import Blueprint, ok, page_of, told, told_page
from dicomgallery.catalog import cursors, jobs, totals
from dicomgallery.services import cancelling
from dicomgallery.serving.identity import current_actor, needs

STATES = ("queued", "running", "done", "failed", "cancelled")

bp = Blueprint("api_jobs", __name__, title="Jobs and statistics", about="What the gallery is doing, and what it holds.")


class JobRow(Schema):
    """A piece of later work."""

    id = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"description": "What kind of work it is."})
    state = fields.String(required=True, metadata={"description": "One of " + ", ".join(STATES) + "."})
    done = fields.Integer(metadata={"description": "Steps that are done."})
    total = fields.Integer(metadata={"description": "Of so many; 0 where that is not known."})
    attempts = fields.Integer(metadata={"description": "How often it was begun."})
    created_at = fields.DateTime()
    finished_at = fields.DateTime(allow_none=True)


class JobsAsked(Paged):
    """Which jobs."""

    state = fields.String(validate=validate.OneOf(STATES))


class Totals(Schema):
    """How much there is: of what is visible, unless it says otherwise."""

    patients = fields.Integer(required=True)
    studies = fields.Integer(required=True)
    series = fields.Integer(required=True)
    instances = fields.Integer(required=True)
    frames = fields.Integer(required=True)
    size_bytes = fields.Integer(required=True)
    binned = fields.Integer(required=True, metadata={"description": "Images in the bin."})
    replaced = fields.Integer(required=True, metadata={"description": "Images that newer ones replaced."})
    unprepared = fields.Integer(required=True, metadata={"description": "Images whose pictures are still to be made."})
    collections = fields.Integer(required=True)
    receipts = fields.Integer(required=True)
    modalities = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "Series of each."}
    )


@bp.get("/jobs")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(JobRow), "Some jobs."), fails=(422,))
@bp.reads(JobsAsked)
def index(asked: Mapping[str, Any]) -> Response:
    """Jobs, newest first."""
    cursors.check("jobs", asked.get("cursor"))
    scope = current_actor().scope
    found = jobs.listing(scope, state=asked.get("state", ""), cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(JobRow, found.items, found.next_cursor)


@bp.get("/jobs/<int:job_id>")
@needs(Permission.VIEW)
@bp.answers(ok(JobRow, "The job."), fails=(404,))
def show(job_id: int) -> Response:
    """One job, and how far it is."""
    return told(JobRow, jobs.by_id(current_actor().scope, job_id))


@bp.post("/jobs/<int:job_id>/cancel")
@needs(Permission.EXPORT)
@bp.answers(ok(JobRow, "It is called off."), fails=(404, 409))
def cancel(job_id: int) -> Response:
    """Call off a job that makes an export."""
    return told(JobRow, cancelling.cancel(job_id, actor=current_actor()))


@bp.get("/statistics")
@needs(Permission.VIEW)
@bp.answers(ok(Totals, "The totals."))
def statistics() -> Response:
    """How much the gallery holds."""
    return told(Totals, totals.of(current_actor().scope))
