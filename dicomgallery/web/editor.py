"""`/images/<id>/edit`, `/edits/<id>/...`: tags edited from the form over the review to the undo."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import selection as selecting
from dicomgallery.catalog import series, studies
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import NotFoundError, RefusedError
from dicomgallery.services import editing
from dicomgallery.services.editing import Reach
from dicomgallery.serving import errors
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web import edit_tables
from dicomgallery.web.asked import whole
from dicomgallery.web.calls import editing as calls
from dicomgallery.web.cards import image_page
from dicomgallery.web.edit_pages import EditPage, HistoryPage, ResultPage, ReviewPage
from dicomgallery.web.forms.edits import edit_of, identity_of, reach_of
from dicomgallery.web.forms.selection import selection_of
from dicomgallery.web.saying import say

bp = Blueprint("editor", __name__)

REFRESH_SECONDS: Final = "2"
EMPTY: Final = "There is nothing left here that could be edited."


@bp.get("/images/<int:image_id>/edit")
@needs(Permission.EDIT)
def image(image_id: int) -> ResponseReturnValue:
    """The elements of an image, one of them to be edited; nothing is kept yet."""
    return _form(EditPage.of(current_actor(), image_id, None, request.args))


@bp.post("/images/<int:image_id>/edit")
@needs(Permission.EDIT)
def begin(image_id: int) -> ResponseReturnValue:
    """Begin a plan with a first change."""
    actor = current_actor()
    try:
        first = edit_of(request.form, request.files)
    except RefusedError as refusal:
        return _again(EditPage.of(actor, image_id, None, request.form, complaint=refusal.message), refusal)
    plan_id = editing.begin(image_id, reach_of(request.form.get("reach")), actor=actor)
    editing.add(plan_id, first, actor=actor)
    return redirect(url_for("editor.show", plan_id=plan_id), 303)


@bp.get("/series/<int:series_id>/edit")
@needs(Permission.EDIT)
def of_series(series_id: int) -> ResponseReturnValue:
    """Edit a whole series: by the elements of its middle image."""
    found = series.by_id(current_actor().scope, series_id)
    return _from(Selection(series=(found.id,)), Reach.SERIES)


@bp.get("/studies/<int:study_id>/edit")
@needs(Permission.EDIT)
def of_study(study_id: int) -> ResponseReturnValue:
    """Edit a whole study: by the elements of its first image."""
    found = studies.by_id(current_actor().scope, study_id)
    return _from(Selection(studies=(found.id,)), Reach.STUDY)


@bp.post("/selection/edit")
@needs(Permission.EDIT)
def of_selection() -> ResponseReturnValue:
    """Begin a plan for what is selected, or for all that a search finds."""
    actor, chosen = current_actor(), selection_of(request.form)
    ids = selecting.instance_ids(actor.scope, chosen)
    if not ids:
        raise NotFoundError(EMPTY)
    plan_id = editing.begin(ids[0], Reach.SELECTION, actor=actor, selection=chosen)
    return redirect(url_for("editor.show", plan_id=plan_id), 303)


@bp.get("/edits/<int:plan_id>")
@needs(Permission.EDIT)
def show(plan_id: int) -> ResponseReturnValue:
    """A plan: gathered further while it is a draft, afterwards how far it is and what became of each image."""
    actor = current_actor()
    plan = editing.of(plan_id, actor=actor)
    if plan.is_draft and plan.table is not None:
        return edit_tables.draft(plan)
    if plan.is_draft:
        return _form(EditPage.of(actor, plan.row.base_key, plan, request.args))
    page = ResultPage(actor, plan, after=whole(request.args.get("after", "")) or 0)
    headers = {} if page.is_over else {"Refresh": REFRESH_SECONDS}
    told = calls.of_elements(page.newest)
    return render_template("editor/result.html", page=page, calls=told), headers


@bp.post("/edits/<int:plan_id>/changes")
@needs(Permission.EDIT)
def add(plan_id: int) -> ResponseReturnValue:
    """Add a change to a plan."""
    actor = current_actor()
    try:
        editing.add(plan_id, edit_of(request.form, request.files), actor=actor)
    except RefusedError as refusal:
        plan = editing.of(plan_id, actor=actor)
        page = EditPage.of(actor, plan.row.base_key, plan, request.form, complaint=refusal.message)
        return _again(page, refusal)
    return redirect(url_for("editor.show", plan_id=plan_id), 303)


@bp.post("/edits/<int:plan_id>/changes/<int:number>/remove")
@needs(Permission.EDIT)
def take_back(plan_id: int, number: int) -> ResponseReturnValue:
    """Take a change out of a plan."""
    editing.take_back(plan_id, number, actor=current_actor())
    return redirect(url_for("editor.show", plan_id=plan_id), 303)


@bp.post("/edits/<int:plan_id>/settle")
@needs(Permission.EDIT)
def settle(plan_id: int) -> ResponseReturnValue:
    """Say what a plan reaches, and look at it."""
    reach, identity = reach_of(request.form.get("reach")), identity_of(request.form.get("identity"))
    editing.settle(plan_id, reach, identity, actor=current_actor())
    return redirect(url_for("editor.review", plan_id=plan_id), 303)


@bp.get("/edits/<int:plan_id>/review")
@needs(Permission.EDIT)
def review(plan_id: int) -> ResponseReturnValue:
    """Every change in every image, before any is made."""
    plan = editing.of(plan_id, actor=current_actor())
    if not plan.is_draft:
        return redirect(url_for("editor.show", plan_id=plan_id), 303)
    start = whole(request.args.get("start", "")) or 0
    page = ReviewPage(editing.review(plan_id, actor=current_actor(), start=start))
    return render_template("editor/review.html", page=page, calls=calls.of_elements(plan.row.base_key))


@bp.post("/edits/<int:plan_id>/apply")
@needs(Permission.EDIT)
def apply(plan_id: int) -> ResponseReturnValue:
    """Do a plan; one by which pixels may become unreadable is asked about once more."""
    actor, plan = current_actor(), editing.of(plan_id, actor=current_actor())
    seen, is_understood = request.form.get("seen", ""), request.form.get("understood") == "1"
    is_confirmed = is_understood and request.form.get("again") == "1"
    if plan.is_dangerous and is_understood and not is_confirmed:
        return render_template("editor/confirm.html", plan=plan, seen=seen)
    editing.start(plan_id, seen=seen, confirmed=is_confirmed, actor=actor)
    return redirect(url_for("editor.show", plan_id=plan_id), 303)


@bp.post("/edits/<int:plan_id>/discard")
@needs(Permission.EDIT)
def discard(plan_id: int) -> ResponseReturnValue:
    """Forget a draft."""
    actor = current_actor()
    base = editing.of(plan_id, actor=actor).row.base_key
    editing.discard(plan_id, actor=actor)
    say("The changes were discarded; no file was touched.")
    return redirect(image_page(base), 303)


@bp.get("/images/<int:image_id>/history")
@needs(Permission.VIEW)
def history(image_id: int) -> ResponseReturnValue:
    """The versions of an object, what each changed, and what any two differ in."""
    page = HistoryPage(current_actor(), image_id, request.args)
    told = calls.of_versions([version.id for version in page.versions])
    return render_template("editor/history.html", page=page, calls=told)


@bp.post("/images/<int:image_id>/restore")
@needs(Permission.EDIT)
def restore(image_id: int) -> ResponseReturnValue:
    """Bring an older version back."""
    editing.restore(image_id, actor=current_actor())
    say("This version is back, byte for byte. The other one stays in the history.")
    return redirect(url_for("editor.history", image_id=image_id), 303)


def _from(chosen: Selection, reach: Reach) -> ResponseReturnValue:
    ids = selecting.instance_ids(current_actor().scope, chosen)
    if not ids:
        raise NotFoundError(EMPTY)
    return redirect(url_for("editor.image", image_id=ids[len(ids) // 2], reach=reach.value), 303)


def _form(page: EditPage) -> str:
    return render_template("editor/edit.html", page=page, calls=calls.of_elements(page.found.instance.id))


def _again(page: EditPage, refusal: RefusedError) -> ResponseReturnValue:
    if not errors.wants_page():
        raise refusal
    return _form(page), 422
