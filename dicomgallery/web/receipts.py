"""`/receipts`: what became of every file of every arrival, kept for ever."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import receipts
from dicomgallery.ingest.outcome import ADVICE, Reason
from dicomgallery.models import ReceiptLine
from dicomgallery.serving import paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping
from dicomgallery.web.cards import image_page

bp = Blueprint("receipts", __name__, url_prefix="/receipts")

OUTCOMES = {"accepted": "Added", "duplicate": "Already here", "restored": "Back from the bin", "rejected": "Not taken"}
REASONS = {
    Reason.INVALID_TYPE: "Not DICOM.",
    Reason.TRUNCATED: "Its end is missing.",
    Reason.TOO_LARGE: "Too large.",
    Reason.UNSAFE: "Not safe to open.",
    Reason.UNREADABLE: "Cannot be read.",
    Reason.STORAGE_FULL: "The disk is full.",
    Reason.DUPLICATE: "The name is taken.",
    Reason.OTHER_STUDY: "Of another study.",
    Reason.REPLACED: "Its source has changed.",
}
ORIGINS = {
    "form": "by the browser",
    "api": "by a program",
    "dicomweb": "by DICOMweb",
    "cli": "by the command line",
    "demo": "sample images",
    "editor": "edited here",
    "deidentified": "by de-identification",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a receipt says of one file."""

    line: ReceiptLine
    href: str
    title: str
    advice: str


@bp.get("")
@needs(Permission.VIEW)
def index() -> ResponseReturnValue:
    """All receipts, newest first."""
    listing = receipts.listing(current_actor().scope, cursor=paging.cursor())
    after = listing.next_cursor
    next_href = paging.address(url_for("receipts.index"), [], cursor_after=after) if after else ""
    return render_template(
        "receipts/index.html",
        listing=listing,
        next_href=next_href,
        origins=ORIGINS,
        calls=keeping.of_list("receipts"),
    )


@bp.get("/<int:receipt_id>")
@needs(Permission.VIEW)
def show(receipt_id: int) -> ResponseReturnValue:
    """One receipt: every file's outcome, why, and what to do."""
    scope = current_actor().scope
    account = receipts.account(scope, receipt_id)
    outcome = request.args.get("outcome", "")
    chosen = outcome if outcome in OUTCOMES else ""
    lines = receipts.lines(scope, receipt_id, outcome=chosen, cursor=paging.cursor())
    here = url_for("receipts.show", receipt_id=receipt_id)
    kept = [("outcome", chosen)] if chosen else []
    return render_template(
        "receipts/show.html",
        account=account,
        lines=[_line(line) for line in lines.items],
        filters=_filters(here, account.outcomes, chosen),
        next_href=paging.address(here, kept, cursor_after=lines.next_cursor) if lines.next_cursor else "",
        origins=ORIGINS,
        calls=keeping.of_receipt(receipt_id, chosen),
    )


def _line(line: ReceiptLine) -> Line:
    reason = Reason(line.reason) if line.reason in set(Reason) else None
    return Line(
        line,
        href=image_page(line.instance_id) if line.instance_id is not None else "",
        title=REASONS[reason] if reason else "",
        advice=ADVICE[reason] if reason else "",
    )


def _filters(here: str, outcomes: dict[str, int], chosen: str) -> list[dict[str, object]]:
    everything = {"label": "All", "href": here, "current": not chosen, "count": sum(outcomes.values())}
    return [everything] + [
        {"label": label, "href": f"{here}?outcome={name}", "current": name == chosen, "count": outcomes[name]}
        for name, label in OUTCOMES.items()
        if outcomes.get(name)
    ]
