"""`/exports` and `/series/<key>/export`: files made of a series, asked for, waited for and taken away."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import exports as catalog
from dicomgallery.catalog import series
from dicomgallery.errors import RefusedError
from dicomgallery.services import exports
from dicomgallery.serving import downloads, errors, paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping
from dicomgallery.web.exports import asking
from dicomgallery.web.exports.form import Form
from dicomgallery.web.exports.words import Told
from dicomgallery.web.saying import say

bp = Blueprint("exports", __name__)

PATIENCE_SECONDS = 1.5
"""A small file is ready before a page that says it is being made could be read."""
REFRESH_SECONDS = "2"


@bp.get("/series/<key>/export")
@needs(Permission.EXPORT)
def form(key: str) -> ResponseReturnValue:
    """Ask what a series is to leave as; the address carries the window of the viewer over."""
    page = Form(current_actor(), key, request.args)
    return render_template("exports/form.html", form=page, calls=keeping.of_export_form(page.series.id, page.kind))


@bp.post("/series/<key>/exports")
@needs(Permission.EXPORT)
def create(key: str) -> ResponseReturnValue:
    """Ask for a file, and lead to its page."""
    actor = current_actor()
    found = series.by_key(actor.scope, key)
    try:
        export_id = exports.ask(found.id, asking.asked(request.form), actor=actor)
    except RefusedError as refusal:
        if not errors.wants_page():
            raise
        page = Form(actor, key, request.form, complaint=refusal.message)
        return render_template("exports/form.html", form=page), 422
    return redirect(url_for("exports.show", export_id=export_id, new=1), 303)


@bp.get("/exports")
@needs(Permission.EXPORT)
def index() -> ResponseReturnValue:
    """The exports of whoever asks, newest first."""
    actor = current_actor()
    listing = catalog.listing(actor.scope, actor.id, cursor=paging.cursor())
    after = listing.next_cursor
    return render_template(
        "exports/index.html",
        exports=[Told.of(account) for account in listing.items],
        next_href=paging.address(url_for("exports.index"), [], cursor_after=after) if after else "",
        calls=keeping.of_list("exports"),
    )


@bp.get("/exports/<int:export_id>")
@needs(Permission.EXPORT)
def show(export_id: int) -> ResponseReturnValue:
    """One export: how far it is, or what it holds and until when; with `new=1` its file then leaves by itself."""
    is_new = request.args.get("new") == "1"
    account = exports.of(export_id, actor=current_actor(), patience_seconds=PATIENCE_SECONDS if is_new else 0)
    headers = {}
    if account.stage in {"waiting", "working"}:
        headers["Refresh"] = REFRESH_SECONDS
    elif account.stage == "ready" and is_new:
        headers["Refresh"] = f"0; url={url_for('exports.file', export_id=export_id)}"
    calls = keeping.of_export(export_id, is_ready=account.stage == "ready")
    return render_template("exports/show.html", export=Told.of(account), is_new=is_new, calls=calls), headers


@bp.get("/exports/<int:export_id>/file")
@needs(Permission.EXPORT)
def file(export_id: int) -> Response:
    """The file, or a part of it."""
    return downloads.file(exports.file(export_id, actor=current_actor()))


@bp.post("/exports/<int:export_id>/cancel")
@needs(Permission.EXPORT)
def cancel(export_id: int) -> ResponseReturnValue:
    """Call an export off."""
    exports.cancel(export_id, actor=current_actor())
    return redirect(url_for("exports.show", export_id=export_id), 303)


@bp.post("/exports/<int:export_id>/remove")
@needs(Permission.EXPORT)
def remove(export_id: int) -> ResponseReturnValue:
    """Remove an export and its file."""
    exports.remove(export_id, actor=current_actor())
    say("The export and its file are removed.")
    return redirect(url_for("exports.index"), 303)
