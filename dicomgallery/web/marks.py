"""Marks by form, for pages without script, and the marks of a series to take away."""

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import series
from dicomgallery.services import annotating
from dicomgallery.services.annotating import Draft, Outdated
from dicomgallery.serving.downloads import attached
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.asked import whole
from dicomgallery.web.going_back import back
from dicomgallery.web.saying import say

bp = Blueprint("marks", __name__)


@bp.get("/series/<key>/marks.json")
@needs(Permission.EXPORT)
def as_json(key: str) -> Response:
    """The marks of a series for programs."""
    found = series.by_key(current_actor().scope, key)
    response = jsonify(annotating.taken_as_json(found.id, actor=current_actor()))
    return attached(response, f"series-{found.id}-marks.json")


@bp.get("/series/<key>/marks.csv")
@needs(Permission.EXPORT)
def as_csv(key: str) -> Response:
    """The marks of a series for spreadsheets."""
    found = series.by_key(current_actor().scope, key)
    lines = annotating.taken_as_csv(found.id, actor=current_actor())
    return attached(Response(lines, mimetype="text/csv"), f"series-{found.id}-marks.csv")


@bp.post("/marks/<key>/text")
@needs(Permission.ANNOTATE)
def write(key: str) -> ResponseReturnValue:
    """Write another text on a mark."""
    version = whole(request.form.get("version", "")) or 0
    draft = Draft.parse({"text": request.form.get("text", ""), "version": version})
    done = annotating.put(key, draft, actor=current_actor())
    if isinstance(done, Outdated):
        say("Somebody changed this mark meanwhile; its text was left as it is.", "warn")
    else:
        say("The text of the mark is kept.")
    return redirect(back(request.form.get("next")), 303)


@bp.post("/marks/<key>/remove")
@needs(Permission.ANNOTATE)
def remove(key: str) -> ResponseReturnValue:
    """Remove a mark; the page then offers to undo it."""
    mark = annotating.remove(key, actor=current_actor())
    here = back(request.form.get("next"))
    say("The mark is removed.", undo=url_for("marks.restore", key=mark.key, next=here))
    return redirect(here, 303)


@bp.post("/marks/<key>/restore")
@needs(Permission.ANNOTATE)
def restore(key: str) -> ResponseReturnValue:
    """Undo the removal of a mark."""
    annotating.restore(key, actor=current_actor())
    say("The mark is back.")
    return redirect(back(request.args.get("next")), 303)
