"""`/`: everything there is, searched, filtered and ordered by its URL."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import query as searching
from dicomgallery.services import demo
from dicomgallery.serving import paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.results import Results
from dicomgallery.web.saying import say

bp = Blueprint("gallery", __name__)


@bp.get("/")
@needs(Permission.VIEW)
def index() -> ResponseReturnValue:
    """The gallery, or the next of its cards for the script that appends them."""
    query = searching.parse(request.args.to_dict(flat=False))
    results = Results.of(current_actor().scope, query, path=url_for("gallery.index"), cursor=paging.cursor())
    if paging.wants_partial():
        return render_template("_partials/page_of_cards.html", results=results)
    return render_template("gallery/index.html", results=results, changes_since=results.since)


@bp.post("/demo")
@needs(Permission.UPLOAD)
def load_samples() -> ResponseReturnValue:
    """Bring the sample images into the gallery."""
    report = demo.load(current_actor())
    say("The sample images are here.", href=url_for("receipts.show", receipt_id=report.receipt_id), link="Receipt")
    return redirect(url_for("gallery.index"), 303)
