"""`/studies/<id>`: one study and its series."""

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import changes, studies
from dicomgallery.catalog.selection import Selection
from dicomgallery.services import removal
from dicomgallery.serving import downloads
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web import crumbs, glance, ohif_links
from dicomgallery.web.calls import levels
from dicomgallery.web.cards import shown
from dicomgallery.web.saying import say

bp = Blueprint("studies", __name__, url_prefix="/studies/<int:study_id>")


@bp.get("")
@needs(Permission.VIEW)
def show(study_id: int) -> ResponseReturnValue:
    """A study: its facts, its series, the patient's other studies."""
    scope = current_actor().scope
    page = studies.page(scope, study_id)
    return render_template(
        "studies/show.html",
        page=page,
        cards=shown(page.series),
        crumbs=crumbs.of_study(page.study, page.patient),
        facts=glance.of_study(page.study),
        leaves_at=removal.leaves_at(page.study),
        changes_since=changes.latest(scope),
        ohif=ohif_links.of_study(page.study.study_uid),
        why_no_ohif=ohif_links.why_not(),
        calls=levels.of_study(page.study),
    )


@bp.post("/pin")
@needs(Permission.EDIT)
def pin(study_id: int) -> ResponseReturnValue:
    """Keep the study from moving to the bin by its age."""
    removal.pin(study_id, actor=current_actor())
    say("The study stays, however old it gets.")
    return redirect(url_for("studies.show", study_id=study_id), 303)


@bp.post("/unpin")
@needs(Permission.EDIT)
def unpin(study_id: int) -> ResponseReturnValue:
    """Let the study move to the bin when it is old."""
    removal.unpin(study_id, actor=current_actor())
    say("The study moves to the bin when it is old.")
    return redirect(url_for("studies.show", study_id=study_id), 303)


@bp.get("/archive")
@needs(Permission.EXPORT)
def archive(study_id: int) -> Response:
    """The study as a ZIP."""
    found = studies.by_id(current_actor().scope, study_id)
    return downloads.archive(Selection(studies=(found.id,)), actor=current_actor(), name=f"study-{study_id}")
