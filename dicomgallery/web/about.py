"""`/about/patterns`: every macro of the pages, alive."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.serving.identity import needs

bp = Blueprint("about", __name__, url_prefix="/about")


@bp.get("/patterns")
@needs(Permission.VIEW)
def patterns() -> ResponseReturnValue:
    """Show what pages are made of."""
    return render_template("about/patterns.html")
