"""`/`: everything there is, searched, filtered and ordered by its URL."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import query as searching
from dicomgallery.ingest.incoming import Origin
from dicomgallery.ingest.outcome import Accepted, Duplicate, Outcome, Rejected
from dicomgallery.services import demo
from dicomgallery.services.receiving import receive
from dicomgallery.serving import paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.uploads import incoming_parts
from dicomgallery.web.calls import searches
from dicomgallery.web.results import Results
from dicomgallery.web.saying import say

bp = Blueprint("gallery", __name__)

MOST_TOLD = 5
"""Of more files the receipt tells."""


@bp.get("/")
@needs(Permission.VIEW)
def index() -> ResponseReturnValue:
    """The gallery, or the next of its cards for the script that appends them."""
    query = searching.parse(request.args.to_dict(flat=False))
    results = Results.of(current_actor().scope, query, path=url_for("gallery.index"), cursor=paging.cursor())
    if paging.wants_partial():
        return render_template("_partials/page_of_cards.html", results=results)
    found = searches.of(query)
    return render_template("gallery/index.html", results=results, changes_since=results.since, calls=found)


@bp.post("/demo")
@needs(Permission.UPLOAD)
def load_samples() -> ResponseReturnValue:
    """Bring the sample images into the gallery."""
    report = demo.load(current_actor())
    say("The sample images are here.", href=url_for("receipts.show", receipt_id=report.receipt_id), link="Receipt")
    return redirect(url_for("gallery.index"), 303)


@bp.post("/images/new")
@needs(Permission.UPLOAD)
def new_image() -> ResponseReturnValue:
    """Take one file of a form and go back to the gallery, saying what became of it (contract A)."""
    files = incoming_parts("file", "files")
    report = receive(files, actor=current_actor(), origin=Origin.FORM)
    receipt = {"href": url_for("receipts.show", receipt_id=report.receipt_id), "link": "Receipt"}
    for outcome in report.outcomes[:MOST_TOLD]:
        say(_told(outcome), **receipt)
    if not report.outcomes:
        say("Image not saved: no file was chosen.")
    return redirect(url_for("gallery.index"), 303)


def _told(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return f"Image saved ({outcome.name})"
        case Duplicate():
            return f"Image already here ({outcome.name})"
        case Rejected():
            return f"Image not saved ({outcome.name}): {outcome.detail}"
