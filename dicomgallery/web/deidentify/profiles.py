"""`/deidentify/profiles`: the profiles that are kept, their versions, and JSON in and out."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import deid as catalog
from dicomgallery.deid.profile import BASIC, from_json
from dicomgallery.errors import RefusedError
from dicomgallery.models import DeidProfile
from dicomgallery.services.deid_runs import profiles
from dicomgallery.serving import errors
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping
from dicomgallery.web.deidentify.words import option_titles, overrides_of
from dicomgallery.web.saying import say

bp = Blueprint("deid_profiles", __name__, url_prefix="/deidentify/profiles")


@bp.get("")
@needs(Permission.DEIDENTIFY)
def index() -> ResponseReturnValue:
    """Every profile by its newest version."""
    return _index()


@bp.post("")
@needs(Permission.DEIDENTIFY)
def create() -> ResponseReturnValue:
    """Keep a profile that is sent as JSON, typed or as a file."""
    sent = request.files.get("file")
    typed = request.form.get("json", "")
    text = sent.stream.read(profiles.LONGEST_JSON + 1) if sent and sent.filename else typed
    try:
        profile_id = profiles.save(text, actor=current_actor())
    except RefusedError as refusal:
        if not errors.wants_page():
            raise
        return _index(typed, refusal.message), 422
    return _to(profile_id)


@bp.post("/of-run/<int:run_id>")
@needs(Permission.DEIDENTIFY)
def save_of_run(run_id: int) -> ResponseReturnValue:
    """Keep the profile of a run under a name."""
    try:
        profile_id = profiles.save_of_run(run_id, request.form.get("name", ""), actor=current_actor())
    except RefusedError as refusal:
        if not errors.wants_page():
            raise
        say(refusal.message, "bad")
        return redirect(url_for("deidentify.show", run_id=run_id), 303)
    return _to(profile_id)


@bp.get("/<int:profile_id>")
@needs(Permission.DEIDENTIFY)
def show(profile_id: int) -> ResponseReturnValue:
    """One version of a profile, and a form that makes the next one of it."""
    return _show(catalog.profile(current_actor().scope, profile_id))


@bp.post("/<int:profile_id>")
@needs(Permission.DEIDENTIFY)
def edit(profile_id: int) -> ResponseReturnValue:
    """Make the next version of a profile."""
    found = catalog.profile(current_actor().scope, profile_id)
    typed = request.form.get("json", "")
    try:
        made = profiles.save(typed, found.name, actor=current_actor())
    except RefusedError as refusal:
        if not errors.wants_page():
            raise
        return _show(found, typed, refusal.message), 422
    return _to(made)


@bp.get("/<int:profile_id>.json")
@needs(Permission.DEIDENTIFY)
def as_json(profile_id: int) -> Response:
    """A version of a profile as JSON, as `flask deidentify --profile` reads it."""
    found = catalog.profile(current_actor().scope, profile_id)
    name = f"profile-{found.id}.json"
    return Response(
        found.json, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _to(profile_id: int) -> ResponseReturnValue:
    return redirect(url_for("deid_profiles.show", profile_id=profile_id), 303)


def _index(typed: str = "", complaint: str = "") -> str:
    rows = catalog.profiles(current_actor().scope)
    return render_template(
        "deidentify/profiles.html",
        profiles=[(row, from_json(row.json)) for row in rows],
        typed=typed,
        complaint=complaint,
        basic_json=BASIC.as_json(),
        calls=keeping.of_list("deidentification-profiles"),
    )


def _show(row: DeidProfile, typed: str = "", complaint: str = "") -> str:
    profile = from_json(row.json)
    return render_template(
        "deidentify/profile.html",
        row=row,
        options=option_titles(sorted(profile.options)),
        overrides=overrides_of(profile),
        left_out=max(0, len(profile.overrides) - len(overrides_of(profile))),
        versions=catalog.versions(current_actor().scope, row),
        typed=typed or row.json,
        calls=keeping.of_list("deidentification-profiles", row.id),
        complaint=complaint,
    )
