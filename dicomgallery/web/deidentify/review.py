"""`/deidentify/<run>/review`: what a run set apart for its pixels, looked at and decided."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import deid_review as catalog
from dicomgallery.dicom.values import counted
from dicomgallery.errors import RefusedError
from dicomgallery.services.deid_runs.review import deciding
from dicomgallery.services.deid_runs.review.deciding import Verdict
from dicomgallery.serving import errors
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.asked import whole
from dicomgallery.web.calls import keeping
from dicomgallery.web.deidentify.queue import AlikePage, QueuePage
from dicomgallery.web.deidentify.sight import SightPage, Typed
from dicomgallery.web.forms.boxes import areas_of
from dicomgallery.web.saying import say

bp = Blueprint("deid_review", __name__, url_prefix="/deidentify/<int:run_id>/review")

REFRESH_SECONDS = "2"
_NO_VERDICT = "Say what is to become of it: paint the boxes, nothing is burned in, or leave it."


@bp.get("")
@needs(Permission.DEIDENTIFY)
def index(run_id: int) -> ResponseReturnValue:
    """The contact sheets of a run."""
    page = QueuePage(current_actor(), run_id, request.args)
    headers = {"Refresh": REFRESH_SECONDS} if page.is_going else {}
    return render_template("deidentify/queue.html", page=page, calls=keeping.of_deidentification(run_id)), headers


@bp.get("/<int:number>")
@needs(Permission.DEIDENTIFY)
def show(run_id: int, number: int) -> ResponseReturnValue:
    """One object at a time, large."""
    page = SightPage(current_actor(), run_id, number, request.args)
    return render_template("deidentify/sight.html", page=page, calls=keeping.of_deidentification(run_id))


@bp.post("/<int:number>")
@needs(Permission.DEIDENTIFY)
def decide(run_id: int, number: int) -> ResponseReturnValue:
    """Decide about an object, and lead to the next of which nothing is decided."""
    wanted = request.form.get("verdict", "")
    if wanted.removesuffix("+") not in set(Verdict):
        return _again(run_id, number, RefusedError(_NO_VERDICT))
    verdict = Verdict(wanted.removesuffix("+"))
    try:
        areas = areas_of(request.form) if verdict is Verdict.ACCEPT else []
        deciding.decide(run_id, number, verdict, areas, actor=current_actor())
    except RefusedError as refusal:
        return _again(run_id, number, refusal)
    if wanted.endswith("+"):
        return redirect(url_for("deid_review.alike", run_id=run_id, number=number), 303)
    return _onward(run_id, number)


@bp.get("/<int:number>/alike")
@needs(Permission.DEIDENTIFY)
def alike(run_id: int, number: int) -> ResponseReturnValue:
    """Others of the same device, class and size, with what was decided about one of them drawn over each."""
    page = AlikePage(current_actor(), run_id, number)
    return render_template("deidentify/alike.html", page=page, calls=keeping.of_deidentification(run_id))


@bp.post("/<int:number>/alike")
@needs(Permission.DEIDENTIFY)
def decide_alike(run_id: int, number: int) -> ResponseReturnValue:
    """Decide about those of them that are ticked as about that one."""
    numbers = [chosen for text in request.form.getlist("number") if (chosen := whole(text)) is not None]
    done = deciding.decide_alike(run_id, number, numbers, actor=current_actor())
    say(f"{counted(done, 'object')} treated alike.", undo=url_for("deid_review.undo", run_id=run_id))
    return _onward(run_id, number)


@bp.post("/undo")
@needs(Permission.DEIDENTIFY)
def undo(run_id: int) -> ResponseReturnValue:
    """Take back what was decided last, and lead to it."""
    number = deciding.undo(run_id, actor=current_actor())
    return redirect(url_for("deid_review.show", run_id=run_id, number=number), 303)


@bp.post("/carry-out")
@needs(Permission.DEIDENTIFY)
def carry_out(run_id: int) -> ResponseReturnValue:
    """Let the run do what was decided."""
    deciding.carry_out(run_id, actor=current_actor())
    return redirect(url_for("deid_review.index", run_id=run_id), 303)


def _onward(run_id: int, number: int) -> ResponseReturnValue:
    """To the next of which nothing is decided; to the contact sheets when there is none."""
    actor = current_actor()
    following = catalog.next_open(actor.scope, actor.id, run_id, number)
    if following is None:
        return redirect(url_for("deid_review.index", run_id=run_id), 303)
    return redirect(url_for("deid_review.show", run_id=run_id, number=following), 303)


def _again(run_id: int, number: int, refusal: RefusedError) -> ResponseReturnValue:
    """The page with what was typed and what is wrong with it."""
    if not errors.wants_page():
        raise refusal
    page = SightPage(current_actor(), run_id, number, request.args, Typed(request.form, refusal.message))
    return render_template("deidentify/sight.html", page=page), 422
