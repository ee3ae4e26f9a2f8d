"""`/api/v1/patients`, `studies`, `series`, `instances`: lists by search, one by its row id or UID, and the bin."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from dicomgallery.access import Permission
from dicomgallery.api import asking, shapes
from dicomgallery.api.describing import Blueprint, ok, page_of, told, told_page
from dicomgallery.catalog import facets as catalog_facets
from dicomgallery.catalog import rows, search
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.selection import Selection
from dicomgallery.services import removal
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint(
    "levels",
    __name__,
    title="Patients, studies, series, images",
    about="Lists are found by the gallery's search and its facets, a page at a time; each row by its id or its UID.",
)

ROWS: Mapping[Level, type[Schema]] = {
    Level.PATIENT: shapes.PatientRow,
    Level.STUDY: shapes.StudyRow,
    Level.SERIES: shapes.SeriesRow,
    Level.IMAGE: shapes.InstanceRow,
}


class Binned(Schema):
    """A deletion that can be undone."""

    deed = fields.Integer(required=True, attribute="id", metadata={"description": "What to restore it by."})
    instances = fields.Integer(required=True, attribute="instance_count", metadata={"description": "Now in the bin."})


class FacetValue(Schema):
    """One value to choose."""

    value = fields.String(required=True, metadata={"description": "As the address of a list says it."})
    label = fields.String(required=True)
    count = fields.Integer(required=True, metadata={"description": "Series that it would leave."})
    capped = fields.Boolean(required=True, metadata={"description": "There are at least so many."})
    selected = fields.Boolean(required=True)


class Facet(Schema):
    """One facet of a search."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    values = fields.List(fields.Nested(FacetValue), required=True)
    more = fields.Integer(required=True, metadata={"description": "Values that are not listed."})


class Facets(Schema):
    """What there is to choose from."""

    facets = fields.List(fields.Nested(Facet), required=True)


@bp.get("/patients")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(shapes.PatientRow), "Some patients."), fails=(404, 422))
@bp.reads(asking.list_of(shapes.PatientRow))
def patients(asked: Mapping[str, Any]) -> Response:
    """Patients with a matching series."""
    return _listed(Level.PATIENT, asked)


@bp.get("/studies")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(shapes.StudyRow), "Some studies."), fails=(404, 422))
@bp.reads(asking.list_of(shapes.StudyRow))
def studies(asked: Mapping[str, Any]) -> Response:
    """Studies with a matching series."""
    return _listed(Level.STUDY, asked)


@bp.get("/series")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(shapes.SeriesRow), "Some series."), fails=(404, 422))
@bp.reads(asking.list_of(shapes.SeriesRow))
def series(asked: Mapping[str, Any]) -> Response:
    """Matching series."""
    return _listed(Level.SERIES, asked)


@bp.get("/instances")
@needs(Permission.VIEW)
@bp.answers(ok(page_of(shapes.InstanceRow), "Some images; a page may be short and yet have a next."), fails=(404, 422))
@bp.reads(asking.list_of(shapes.InstanceRow))
def instances(asked: Mapping[str, Any]) -> Response:
    """Matching images, series by series, in space within each."""
    return _listed(Level.IMAGE, asked)


@bp.get("/facets")
@needs(Permission.VIEW)
@bp.answers(ok(Facets, "The facets and their values."), fails=(404, 422))
@bp.reads(asking.Search)
def facets(asked: Mapping[str, Any]) -> Response:
    """What a search can be narrowed by, and how many series each value would leave."""
    scope = current_actor().scope
    return told(Facets, {"facets": catalog_facets.of(scope, asking.search_of(scope, Level.SERIES, asked))})


@bp.get("/patients/<key>")
@needs(Permission.VIEW)
@bp.answers(ok(shapes.PatientRow, "The patient."), fails=(404, 422))
@bp.reads(asking.fields_of(shapes.PatientRow))
def patient(asked: Mapping[str, Any], key: str) -> Response:
    """One patient, by its row id."""
    return _one(Level.PATIENT, key, asked)


@bp.get("/studies/<key>")
@needs(Permission.VIEW)
@bp.answers(ok(shapes.StudyRow, "The study."), fails=(404, 422))
@bp.reads(asking.fields_of(shapes.StudyRow))
def study(asked: Mapping[str, Any], key: str) -> Response:
    """One study."""
    return _one(Level.STUDY, key, asked)


@bp.get("/series/<key>")
@needs(Permission.VIEW)
@bp.answers(ok(shapes.SeriesRow, "The series."), fails=(404, 422))
@bp.reads(asking.fields_of(shapes.SeriesRow))
def one_series(asked: Mapping[str, Any], key: str) -> Response:
    """One series."""
    return _one(Level.SERIES, key, asked)


@bp.get("/instances/<key>")
@needs(Permission.VIEW)
@bp.answers(ok(shapes.InstanceRow, "The image."), fails=(404, 422))
@bp.reads(asking.fields_of(shapes.InstanceRow))
def instance(asked: Mapping[str, Any], key: str) -> Response:
    """One image; by its row id in the bin and behind a newer one too."""
    return _one(Level.IMAGE, key, asked)


@bp.delete("/studies/<key>")
@needs(Permission.DELETE)
@bp.answers(ok(Binned, "It is in the bin."), fails=(404,))
def remove_study(key: str) -> Response:
    """Put a study into the bin."""
    return _binned(Selection(studies=(_row(Level.STUDY, key).id,)))


@bp.delete("/series/<key>")
@needs(Permission.DELETE)
@bp.answers(ok(Binned, "It is in the bin."), fails=(404,))
def remove_series(key: str) -> Response:
    """Put a series into the bin."""
    return _binned(Selection(series=(_row(Level.SERIES, key).id,)))


@bp.delete("/instances/<key>")
@needs(Permission.DELETE)
@bp.answers(ok(Binned, "It is in the bin."), fails=(404,))
def remove_instance(key: str) -> Response:
    """Put an image into the bin."""
    return _binned(Selection(images=(_row(Level.IMAGE, key).id,)))


def _listed(level: Level, asked: Mapping[str, Any]) -> Response:
    scope = current_actor().scope
    query = asking.search_of(scope, level, asked)
    ids, following = search.ids(scope, query, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(ROWS[level], rows.of(scope, level, ids), following, only=asked.get("fields"))


def _row(level: Level, key: str) -> rows.Row:
    return rows.one(current_actor().scope, level, key)


def _one(level: Level, key: str, asked: Mapping[str, Any]) -> Response:
    return told(ROWS[level], _row(level, key), only=asked.get("fields"))


def _binned(selection: Selection) -> Response:
    return told(Binned, removal.to_bin(selection, actor=current_actor()))
