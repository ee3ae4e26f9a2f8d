"""`/api/v1/receipts` and `/api/v1/bin`: what became of every file that came, and of what was deleted."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from dicomgallery.access import Permission
from dicomgallery.api.asking import Paged
from dicomgallery.api.describing import Blueprint, ok, page_of, told, told_page
from dicomgallery.catalog import bins, cursors, receipts
from dicomgallery.ingest.outcome import Reason
from dicomgallery.services import removal
from dicomgallery.serving.identity import current_actor, needs

OUTCOMES = ("accepted", "duplicate", "restored", "rejected")

bp = Blueprint(
    "api_receipts", __name__, title="Receipts and the bin", about="What came, what became of it, and what was deleted."
)


class ReceiptRow(Schema):
    """The account of one arrival."""

    id = fields.Integer(required=True)
    origin = fields.String(metadata={"description": "form, api, cli and so on."})
    collection_id = fields.Integer(allow_none=True, metadata={"description": "Where its files were put."})
    created_at = fields.DateTime()
    finished_at = fields.DateTime(allow_none=True, metadata={"description": "Null while files still arrive."})
    accepted = fields.Integer(metadata={"description": "Files that are new here."})
    duplicates = fields.Integer(metadata={"description": "Files whose bytes were here."})
    rejected = fields.Integer(metadata={"description": "Files that were not taken."})
    size_bytes = fields.Integer(metadata={"description": "Of all of them."})


class ReceiptTold(ReceiptRow):
    """A receipt with what it adds up to."""

    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    reasons = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class ReceiptLine(Schema):
    """What became of one file."""

    name = fields.String(required=True)
    size_bytes = fields.Integer()
    outcome = fields.String(required=True, metadata={"description": "One of " + ", ".join(OUTCOMES) + "."})
    reason = fields.String(metadata={"description": "Of what was not taken; else empty."})
    detail = fields.String(metadata={"description": "A sentence for a person."})
    instance_id = fields.Integer(allow_none=True, metadata={"description": "Row id of the image, if it became one."})


class LinesAsked(Paged):
    """Which lines."""

    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    reason = fields.String(validate=validate.OneOf([one.value for one in Reason]))


class DeedRow(Schema):
    """A deletion that can be undone."""

    id = fields.Integer(required=True)
    created_at = fields.DateTime()
    instances = fields.Integer(attribute="count", metadata={"description": "Of it still in the bin."})


class Restored(Schema):
    """What came back from the bin."""

    instances = fields.Integer(required=True, attribute="count")
    still_replaced = fields.Integer(
        required=True, metadata={"description": "Of these, how many stay behind newer objects of the same UID."}
    )


@bp.get("/receipts")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(ReceiptRow), "Some receipts."), fails=(422,))
@bp.reads(Paged)
def index(asked: Mapping[str, Any]) -> Response:
    """Receipts, newest first."""
    cursors.check("receipts", asked.get("cursor"))
    found = receipts.listing(current_actor().scope, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(ReceiptRow, found.items, found.next_cursor)


@bp.get("/receipts/<int:receipt_id>")
@needs(Permission.VIEW)
@bp.answers(ok(ReceiptTold, "The receipt."), fails=(404,))
def show(receipt_id: int) -> Response:
    """One receipt, with how many files had which outcome."""
    found = receipts.account(current_actor().scope, receipt_id)
    columns = {name: getattr(found.receipt, name) for name in ReceiptRow().fields}
    return told(ReceiptTold, {**columns, "outcomes": found.outcomes, "reasons": found.reasons})


@bp.get("/receipts/<int:receipt_id>/files")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(ReceiptLine), "Some of its files."), fails=(404, 422))
@bp.reads(LinesAsked)
def lines(asked: Mapping[str, Any], receipt_id: int) -> Response:
    """What became of each file, in the order of arrival."""
    cursors.check("lines", asked.get("cursor"))
    found = receipts.lines(
        current_actor().scope,
        receipt_id,
        outcome=asked.get("outcome", ""),
        reason=asked.get("reason", ""),
        cursor=asked.get("cursor"),
        limit=asked["limit"],
    )
    return told_page(ReceiptLine, found.items, found.next_cursor)


@bp.get("/bin")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(DeedRow), "Some deletions."), fails=(422,))
@bp.reads(Paged)
def deeds(asked: Mapping[str, Any]) -> Response:
    """Deletions that still have something in the bin, newest first."""
    cursors.check("bin", asked.get("cursor"))
    found = bins.listing(current_actor().scope, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(DeedRow, found.items, found.next_cursor)


@bp.post("/bin/<int:deed_id>/restore")
@needs(Permission.DELETE)
@bp.answers(ok(Restored, "It is back."), fails=(404,))
def restore(deed_id: int) -> Response:
    """Undo a deletion."""
    return told(Restored, removal.restore(deed_id, actor=current_actor()))
