"""`/about/...`: every macro of the pages, alive, and every codec on a specimen."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.services import decoding
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("about", __name__, url_prefix="/about")


@bp.get("/patterns")
@needs(Permission.VIEW)
def patterns() -> ResponseReturnValue:
    """Show what pages are made of."""
    return render_template("about/patterns.html")


@bp.get("/codecs")
@needs(Permission.VIEW)
def codecs() -> ResponseReturnValue:
    """Read a specimen of each transfer syntax now, and say how it went."""
    tried = decoding.try_all(actor=current_actor())
    return render_template("about/codecs.html", tried=tried)
