"""`/patients/<id>`: one patient and the studies made of them."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import changes, patients
from dicomgallery.catalog.selection import Selection
from dicomgallery.serving import downloads
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web import crumbs, glance, ohif_links
from dicomgallery.web.calls import levels
from dicomgallery.web.cards import shown

bp = Blueprint("patients", __name__, url_prefix="/patients/<int:patient_id>")


@bp.get("")
@needs(Permission.VIEW)
def show(patient_id: int) -> ResponseReturnValue:
    """A patient and their studies, the latest first."""
    scope = current_actor().scope
    page = patients.page(scope, patient_id)
    return render_template(
        "patients/show.html",
        page=page,
        cards=shown(page.studies),
        crumbs=crumbs.of_patient(page.patient),
        facts=glance.of_patient(page.patient),
        changes_since=changes.latest(scope),
        why_no_ohif=ohif_links.why_not(),
        calls=levels.of_patient(page),
    )


@bp.get("/archive")
@needs(Permission.EXPORT)
def archive(patient_id: int) -> Response:
    """Everything of the patient as a ZIP."""
    found = patients.by_id(current_actor().scope, patient_id)
    return downloads.archive(Selection(patients=(found.id,)), actor=current_actor(), name=f"patient-{patient_id}")
