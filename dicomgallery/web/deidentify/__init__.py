"""`/deidentify`: runs that take identity out of what was selected, from the draft to the signed report."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import deid as catalog
from dicomgallery.errors import RefusedError
from dicomgallery.services import deid_runs
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.serving import errors, paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping
from dicomgallery.web.deidentify.page import RunPage
from dicomgallery.web.deidentify.report import ReportPage
from dicomgallery.web.deidentify.words import Told
from dicomgallery.web.forms.selection import selection_of
from dicomgallery.web.saying import say

bp = Blueprint("deidentify", __name__, url_prefix="/deidentify")

REFRESH_SECONDS = "2"
_NO_WAY = "Choose what is to become of text in the pixels: set apart, paint black, or leave."


@bp.get("")
@needs(Permission.DEIDENTIFY)
def index() -> ResponseReturnValue:
    """The runs of whoever asks, newest first."""
    actor = current_actor()
    listing = catalog.listing(actor.scope, actor.id, cursor=paging.cursor())
    after = listing.next_cursor
    return render_template(
        "deidentify/index.html",
        runs=[Told(account) for account in listing.items],
        calls=keeping.of_list("deidentifications"),
        next_href=paging.address(url_for("deidentify.index"), [], cursor_after=after) if after else "",
    )


@bp.post("")
@needs(Permission.DEIDENTIFY)
def create() -> ResponseReturnValue:
    """Draft a run of what is selected, and lead to its page."""
    run_id = deid_runs.draft(selection_of(request.form), actor=current_actor())
    return redirect(url_for("deidentify.show", run_id=run_id), 303)


@bp.get("/<int:run_id>")
@needs(Permission.DEIDENTIFY)
def show(run_id: int) -> ResponseReturnValue:
    """One run: its draft with a preview, how far it is, or what it did."""
    page = RunPage(current_actor(), run_id, request.args)
    headers = {"Refresh": REFRESH_SECONDS} if page.is_going or page.is_counting else {}
    calls = keeping.of_deidentification(run_id, is_done=page.stage == "done")
    return render_template("deidentify/show.html", page=page, calls=calls), headers


@bp.post("/<int:run_id>/profile")
@needs(Permission.DEIDENTIFY)
def choose(run_id: int) -> ResponseReturnValue:
    """Choose the options of a draft, and what becomes of text in its pixels."""
    way = request.form.get("burned_in", "")
    if way not in set(BurnedIn):
        return _again(run_id, RefusedError(_NO_WAY))
    try:
        deid_runs.choose(run_id, request.form.getlist("option"), BurnedIn(way), actor=current_actor())
    except RefusedError as refusal:
        return _again(run_id, refusal)
    return _back(run_id)


@bp.post("/<int:run_id>/take")
@needs(Permission.DEIDENTIFY)
def take(run_id: int) -> ResponseReturnValue:
    """Let a draft begin anew from a profile."""
    wanted = request.form.get("profile", "")
    profile_id = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else None
    try:
        deid_runs.take(run_id, profile_id, actor=current_actor())
    except RefusedError as refusal:
        return _again(run_id, refusal)
    return _back(run_id)


@bp.post("/<int:run_id>/override")
@needs(Permission.DEIDENTIFY)
def override(run_id: int) -> ResponseReturnValue:
    """Treat an attribute otherwise, for a reason."""
    tag, choice, reason = (request.form.get(name, "") for name in ("tag", "choice", "reason"))
    try:
        deid_runs.override(run_id, tag.strip(), choice, reason, actor=current_actor())
    except RefusedError as refusal:
        return _again(run_id, refusal)
    return _back(run_id)


@bp.post("/<int:run_id>/restore")
@needs(Permission.DEIDENTIFY)
def restore(run_id: int) -> ResponseReturnValue:
    """Treat an attribute as the profile does by itself."""
    deid_runs.restore(run_id, request.form.get("tag", ""), actor=current_actor())
    return _back(run_id)


@bp.post("/<int:run_id>/count")
@needs(Permission.DEIDENTIFY)
def count(run_id: int) -> ResponseReturnValue:
    """Have a draft counted over all its objects."""
    deid_runs.count(run_id, actor=current_actor())
    return _back(run_id)


@bp.post("/<int:run_id>/start")
@needs(Permission.DEIDENTIFY)
def start(run_id: int) -> ResponseReturnValue:
    """Start a run, or let it go on."""
    deid_runs.start(run_id, actor=current_actor())
    return redirect(url_for("deidentify.show", run_id=run_id), 303)


@bp.post("/<int:run_id>/cancel")
@needs(Permission.DEIDENTIFY)
def cancel(run_id: int) -> ResponseReturnValue:
    """Call a run off."""
    deid_runs.cancel(run_id, actor=current_actor())
    return redirect(url_for("deidentify.show", run_id=run_id), 303)


@bp.post("/<int:run_id>/remove")
@needs(Permission.DEIDENTIFY)
def remove(run_id: int) -> ResponseReturnValue:
    """Forget a run; what it has made stays."""
    deid_runs.remove(run_id, actor=current_actor())
    say("The de-identification is removed from the list. What it made stays.")
    return redirect(url_for("deidentify.index"), 303)


@bp.get("/<int:run_id>/report")
@needs(Permission.DEIDENTIFY)
def report(run_id: int) -> ResponseReturnValue:
    """The report of a run as a page to print, with its signature checked."""
    page = ReportPage(current_actor(), run_id)
    return render_template("deidentify/report.html", page=page, calls=keeping.of_deidentification(run_id, is_done=True))


@bp.get("/<int:run_id>/report.json")
@needs(Permission.DEIDENTIFY)
def report_json(run_id: int) -> Response:
    """The report of a run as it was signed."""
    text = deid_runs.report(run_id, actor=current_actor())
    name = f"de-identification-{run_id}.json"
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _back(run_id: int) -> ResponseReturnValue:
    """To where the form was sent from: the same object, the same action."""
    kept = [(name, request.form.get(name, "")) for name in ("object", "action")]
    kept = [(name, value[:20]) for name, value in kept if value]
    return redirect(paging.address(url_for("deidentify.show", run_id=run_id), kept), 303)


def _again(run_id: int, refusal: RefusedError) -> ResponseReturnValue:
    """The page with what was typed and what is wrong with it."""
    if not errors.wants_page():
        raise refusal
    page = RunPage(current_actor(), run_id, request.form, complaint=refusal.message)
    return render_template("deidentify/show.html", page=page), 422
