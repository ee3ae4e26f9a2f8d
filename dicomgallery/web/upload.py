"""`/upload`: the page files come in by. What it sends goes to the door for programs, as contract C asks."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import collections
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping

bp = Blueprint("upload", __name__, url_prefix="/upload")


@bp.get("")
@needs(Permission.UPLOAD)
def show() -> ResponseReturnValue:
    """Show the form; say so when it came without a file."""
    names = collections.names(current_actor().scope)
    was_empty = "empty" in request.args
    return render_template("upload/show.html", collection_names=names, was_empty=was_empty, calls=keeping.of_upload())
