"""DELETE of a study, a series or an instance: into the bin, from which it can be restored."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import objects
from dicomgallery.dicomweb.addresses import PREFIX, checked
from dicomgallery.errors import NotFoundError
from dicomgallery.services import removal
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("dicomweb_deletion", __name__, url_prefix=PREFIX)


@bp.delete("/studies/<study_uid>")
@bp.delete("/studies/<study_uid>/series/<series_uid>")
@bp.delete("/studies/<study_uid>/series/<series_uid>/instances/<sop_uid>")
@needs(Permission.DELETE)
def delete(study_uid: str, series_uid: str | None = None, sop_uid: str | None = None) -> ResponseReturnValue:
    """Put it into the bin; 204, or 404 when it is not here (PS3.18 has no such transaction, but archives do)."""
    checked(study_uid, series_uid, sop_uid)
    actor = current_actor()
    selection = objects.selection(actor.scope, study_uid, series_uid, sop_uid)
    if selection.is_empty:
        raise NotFoundError("There is no such study, series or instance here.")
    removal.to_bin(selection, actor=actor)
    return "", 204
