"""`/healthz`: whether this process answers and reaches its database."""

from flask import Blueprint, Response, jsonify

from dicomgallery import __version__
from dicomgallery.access import Scope
from dicomgallery.catalog import changes
from dicomgallery.serving.identity import open_to_all

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@open_to_all("Whatever watches over the processes has no password; the answer says nothing of what is stored.")
def show() -> Response:
    """Say that the gallery answers."""
    changes.latest(Scope(frozenset()))
    return jsonify(status="ok", version=__version__)
