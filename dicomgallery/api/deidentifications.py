"""`/api/v1/deidentifications`: copies without identity, asked for, watched and proved by programs."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from marshmallow import Schema, fields, validate

from dicomgallery.access import Actor, Permission
from dicomgallery.api.asking import Paged
from dicomgallery.api.describing import Answer, Blueprint, ok, page_of, told, told_page
from dicomgallery.api.instances import Selected, selection_of
from dicomgallery.catalog import cursors
from dicomgallery.catalog import deid as catalog
from dicomgallery.errors import GalleryError
from dicomgallery.services import deid_runs
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.serving.identity import current_actor, needs

_LONGEST_OPTION: Final = 40

bp = Blueprint(
    "api_deidentifications",
    __name__,
    title="De-identification",
    about=(
        "Copies without identity (PS3.15 Annex E), in studies of their own; what they are made of stays as it is. "
        "What may have text in its pixels, and what the leak check finds, is set apart."
    ),
)


class RunAsked(Selected):
    """What is to be copied, and how."""

    profile = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, (1 << 63) - 1),
        metadata={"description": "Row id of a profile that was kept; the Basic one without."},
    )
    options = fields.List(
        fields.String(validate=validate.Length(1, _LONGEST_OPTION)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={"description": "Options of PS3.15 E.3 in place of the profile's.", "example": ["clean_desc"]},
    )
    burned_in = fields.String(
        load_default=BurnedIn.QUARANTINE.value,
        validate=validate.OneOf([one.value for one in BurnedIn]),
        metadata={"description": "What becomes of what may have text in its pixels: set apart, painted, or left."},
    )
    start = fields.Boolean(load_default=True, metadata={"description": "False leaves a draft, to look at it first."})


class RunRow(Schema):
    """A run, and how far it is."""

    id = fields.Integer(attribute="run.id", required=True)
    stage = fields.String(
        required=True, metadata={"description": "draft, waiting, working, stopped (it can go on), done or cancelled."}
    )
    profile = fields.Function(
        lambda account: json.loads(account.run.profile),
        metadata={"type": "object", "description": "Name, version, options and overrides."},
    )
    burned_in = fields.String(attribute="run.burned_in")
    objects = fields.Integer(attribute="run.object_count")
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "Objects by what became of them."}
    )
    actions = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "Elements by what was done to them."}
    )
    job = fields.Integer(attribute="run.job_id", allow_none=True)
    created_at = fields.DateTime(attribute="run.created_at")
    finished_at = fields.DateTime(attribute="run.finished_at", allow_none=True)


class ObjectRow(Schema):
    """What became of an object."""

    number = fields.Integer(attribute="item.number", required=True, metadata={"description": "Within the run, from 1."})
    state = fields.String(attribute="item.state", required=True)
    reason = fields.String(attribute="item.reason", metadata={"description": "Why there is no copy; it names nobody."})
    source = fields.Integer(
        attribute="source_id", allow_none=True, metadata={"description": "Row id, while it is here."}
    )
    result = fields.Integer(attribute="result_id", allow_none=True, metadata={"description": "Row id of the copy."})
    sha256_before = fields.String(attribute="item.sha256_before")
    sha256_after = fields.String(attribute="item.sha256_after")


class ProfileRow(Schema):
    """A version of a profile that is kept."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    version = fields.Integer(required=True)
    profile = fields.Function(
        lambda row: json.loads(row.json), metadata={"type": "object", "description": "As `flask deidentify` reads it."}
    )
    created_at = fields.DateTime()


class Profiles(Schema):
    """The newest version of each."""

    items = fields.List(fields.Nested(ProfileRow), required=True)


@bp.get("/deidentification-profiles")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(Profiles, "Profiles by name, each by its newest version."))
def profiles() -> Response:
    """The profiles that are kept beside the Basic one."""
    return told(Profiles, {"items": catalog.profiles(current_actor().scope)})


@bp.get("/deidentification-profiles/<int:profile_id>")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(ProfileRow, "The version of this row id."), fails=(404,))
def profile(profile_id: int) -> Response:
    """One version of a profile."""
    return told(ProfileRow, catalog.profile(current_actor().scope, profile_id))


@bp.post("/deidentifications")
@needs(Permission.DEIDENTIFY)
@bp.answers(
    Answer(201, "It is drafted, or on its way; the address is in Location.", RunRow), fails=(404, 409, 413, 422)
)
@bp.reads(RunAsked, "json")
def create(asked: Mapping[str, Any]) -> Response:
    """Have copies made without identity."""
    actor = current_actor()
    run_id = deid_runs.draft(selection_of(asked), actor=actor, burned_in=BurnedIn(asked["burned_in"]))
    try:
        _settle(run_id, asked, actor)
    except GalleryError:
        # Whoever is refused has not asked for a draft.
        deid_runs.remove(run_id, actor=actor)
        raise
    response = _told(run_id, 201)
    response.headers["Location"] = f"/api/v1/deidentifications/{run_id}"
    return response


@bp.get("/deidentifications")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(page_of(RunRow), "Some runs."), fails=(422,))
@bp.reads(Paged)
def index(asked: Mapping[str, Any]) -> Response:
    """The runs of whoever asks, newest first."""
    cursors.check("deid", asked.get("cursor"))
    actor = current_actor()
    found = catalog.listing(actor.scope, actor.id, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(RunRow, found.items, found.next_cursor)


@bp.get("/deidentifications/<int:run_id>")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(RunRow, "The run."), fails=(404,))
def show(run_id: int) -> Response:
    """One run, and how far it is."""
    return _told(run_id)


@bp.get("/deidentifications/<int:run_id>/objects")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(page_of(ObjectRow), "Some of its objects."), fails=(404, 422))
@bp.reads(Paged)
def objects(asked: Mapping[str, Any], run_id: int) -> Response:
    """What became of each object."""
    actor = current_actor()
    deid_runs.of(run_id, actor=actor)
    key, limit = cursors.decode("deid-objects", asked.get("cursor"), int), asked["limit"]
    found = catalog.items(actor.scope, run_id, after=key[0] if key else 0, limit=limit + 1)
    more = cursors.encode("deid-objects", (found[limit - 1].item.number,)) if len(found) > limit else None
    return told_page(ObjectRow, found[:limit], more)


@bp.get("/deidentifications/<int:run_id>/report")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok({"type": "object"}, "The report as it was signed (Ed25519)."), fails=(404,))
def report(run_id: int) -> Response:
    """The signed report of a run that is done."""
    return Response(deid_runs.report(run_id, actor=current_actor()), mimetype="application/json")


@bp.post("/deidentifications/<int:run_id>/start")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(RunRow, "It is on its way."), fails=(404, 409, 422))
def start(run_id: int) -> Response:
    """Start a draft, or let what was called off or broke off go on."""
    deid_runs.start(run_id, actor=current_actor())
    return _told(run_id)


@bp.post("/deidentifications/<int:run_id>/cancel")
@needs(Permission.DEIDENTIFY)
@bp.answers(ok(RunRow, "It is called off, where it was on its way."), fails=(404,))
def cancel(run_id: int) -> Response:
    """Call a run off; what it has made stays."""
    deid_runs.cancel(run_id, actor=current_actor())
    return _told(run_id)


@bp.delete("/deidentifications/<int:run_id>")
@needs(Permission.DEIDENTIFY)
@bp.answers(Answer(204, "It is forgotten; what it made stays."), fails=(404, 409))
def remove(run_id: int) -> Response:
    """Forget a run and its report."""
    deid_runs.remove(run_id, actor=current_actor())
    return Response(status=204)


def _settle(run_id: int, asked: Mapping[str, Any], actor: Actor) -> None:
    if asked["profile"] is not None:
        deid_runs.take(run_id, asked["profile"], actor=actor)
    if asked["options"] is not None:
        deid_runs.choose(run_id, asked["options"], BurnedIn(asked["burned_in"]), actor=actor)
    if asked["start"]:
        deid_runs.start(run_id, actor=actor)


def _told(run_id: int, status: int = 200) -> Response:
    return told(RunRow, deid_runs.of(run_id, actor=current_actor()), status)
