"""`/api/v1/collections`: named sets of files, made, filled, read and forgotten."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from dicomgallery.access import Permission
from dicomgallery.api.asking import Paged
from dicomgallery.api.describing import Answer, Blueprint, ok, page_of, told, told_page
from dicomgallery.api.instances import Selected, selection_of
from dicomgallery.catalog import collections, cursors
from dicomgallery.services import collecting
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint(
    "api_collections",
    __name__,
    title="Collections",
    about="Named sets of files; an image may be in several, or in none. Deleting one leaves its files in the gallery.",
)


class CollectionRow(Schema):
    """A collection."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    file_count = fields.Integer(attribute="count", metadata={"description": "Visible files in it."})
    series_count = fields.Integer(metadata={"description": "Series that these belong to."})


class Member(Schema):
    """A file of a collection."""

    file_name = fields.String(required=True, metadata={"description": "Its name in the collection."})
    instance = fields.Integer(required=True, attribute="card.id", metadata={"description": "Row id of the image."})


class Name(Schema):
    """What a collection is called."""

    name = fields.String(required=True, validate=validate.Length(1, collections.LONGEST_NAME))


class Added(Schema):
    """What became of a selection."""

    added = fields.Integer(required=True)
    already_there = fields.Integer(required=True)


class TakenOut(Schema):
    """How much left a collection."""

    taken_out = fields.Integer(required=True)


@bp.get("/collections")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(CollectionRow), "Some collections."), fails=(422,))
@bp.reads(Paged)
def index(asked: Mapping[str, Any]) -> Response:
    """Collections by name."""
    cursors.check("collections", asked.get("cursor"))
    found = collections.listing(current_actor().scope, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(CollectionRow, found.items, found.next_cursor)


@bp.post("/collections")
@needs(Permission.EDIT)
@bp.answers(Answer(201, "It is made.", CollectionRow), fails=(409, 413, 422))
@bp.reads(Name, "json")
def create(asked: Mapping[str, Any]) -> Response:
    """Make an empty collection."""
    made = collecting.create(asked["name"], actor=current_actor())
    response = _told(made.id, made.name, 0, 0, status=201)
    response.headers["Location"] = f"/api/v1/collections/{made.id}"
    return response


@bp.get("/collections/<int:collection_id>")
@needs(Permission.VIEW)
@bp.answers(ok(CollectionRow, "The collection."), fails=(404,))
def show(collection_id: int) -> Response:
    """One collection."""
    return _shown(collection_id)


@bp.patch("/collections/<int:collection_id>")
@needs(Permission.EDIT)
@bp.answers(ok(CollectionRow, "It has its new name."), fails=(404, 409, 413, 422))
@bp.reads(Name, "json")
def rename(asked: Mapping[str, Any], collection_id: int) -> Response:
    """Give a collection another name."""
    collecting.rename(collection_id, asked["name"], actor=current_actor())
    return _shown(collection_id)


@bp.delete("/collections/<int:collection_id>")
@needs(Permission.EDIT)
@bp.answers(Answer(204, "It is gone; its files are still in the gallery."), fails=(404,))
def delete(collection_id: int) -> Response:
    """Forget a collection."""
    collecting.remove(collection_id, actor=current_actor())
    return Response(status=204)


@bp.get("/collections/<int:collection_id>/files")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(Member), "Some of its files."), fails=(404, 422))
@bp.reads(Paged)
def files(asked: Mapping[str, Any], collection_id: int) -> Response:
    """The visible files of a collection by name."""
    cursors.check("members", asked.get("cursor"))
    found = collections.members(current_actor().scope, collection_id, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(Member, found.items, found.next_cursor)


@bp.post("/collections/<int:collection_id>/files")
@needs(Permission.EDIT)
@bp.answers(ok(Added, "They are in it."), fails=(404, 413, 422))
@bp.reads(Selected, "json")
def add(asked: Mapping[str, Any], collection_id: int) -> Response:
    """Put what is selected into a collection."""
    return told(Added, collecting.add(collection_id, selection_of(asked), actor=current_actor()))


@bp.post("/collections/<int:collection_id>/files/take-out")
@needs(Permission.EDIT)
@bp.answers(ok(TakenOut, "They left it, and stay in the gallery."), fails=(404, 413, 422))
@bp.reads(Selected, "json")
def take_out(asked: Mapping[str, Any], collection_id: int) -> Response:
    """Take what is selected out of a collection."""
    count = collecting.take_out(collection_id, selection_of(asked), actor=current_actor())
    return told(TakenOut, {"taken_out": count})


def _shown(collection_id: int) -> Response:
    found = collections.account(current_actor().scope, collection_id)
    return _told(found.id, found.name, found.count, found.series_count)


def _told(collection_id: int, name: str, count: int, series_count: int, *, status: int = 200) -> Response:
    return told(
        CollectionRow, {"id": collection_id, "name": name, "count": count, "series_count": series_count}, status
    )
