"""`/pictures/<key>/<token>`: the address of a picture, which never changes meaning."""

from flask import Blueprint, Response

from dicomgallery.access import Permission
from dicomgallery.errors import NotFoundError
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.services import pictures
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond

bp = Blueprint("pictures", __name__, url_prefix="/pictures")


@bp.get("/<key>/<token>")
@needs(Permission.VIEW)
def show(key: str, token: str) -> Response:
    """The picture, or a drawing that says why there is none."""
    instance_id, blob12 = pictures.parse_key(key)
    try:
        spec = RenderSpec.from_token(token)
    except ValueError as error:
        raise NotFoundError("There is no such picture.") from error
    return respond(pictures.of(instance_id, spec, actor=current_actor(), blob12=blob12))
