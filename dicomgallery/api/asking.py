"""What the address of a list may say: the gallery's search and facets, named filters, pages, fields."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from flask import request
from marshmallow import Schema, fields, validate
from webargs.fields import DelimitedList

from dicomgallery.access import Scope
from dicomgallery.catalog import patients, rows
from dicomgallery.catalog import query as searching
from dicomgallery.catalog.facets import TITLES
from dicomgallery.catalog.query import LONGEST_TEXT, Level, SearchQuery, Sort
from dicomgallery.errors import RefusedError

MOST: Final = 500
LONGEST_CURSOR: Final = 2000
LONGEST_KEY: Final = 128
_DAY: Final = validate.Regexp("^[0-9]{4}(-?[0-9]{2}(-?[0-9]{2})?)?$", error="Write it as 2024, 2024-05 or 2024-05-31.")


def _facet(name: str) -> fields.List[Any]:
    about = f"{TITLES[name]}: exactly this; `(none)` for what does not say it. May be repeated."
    return fields.List(fields.String(), metadata={"description": about})


class Paged(Schema):
    """Where a page begins and how long it is."""

    cursor = fields.String(
        validate=validate.Length(1, LONGEST_CURSOR),
        metadata={"description": "The `next` of the page before; without it the list begins."},
    )
    limit = fields.Integer(
        load_default=100, validate=validate.Range(1, MOST), metadata={"description": "How many at most."}
    )


class Search(Schema):
    """Which of them: all that is said must hold; of several values of one facet any will do."""

    q = fields.String(
        validate=validate.Length(max=LONGEST_TEXT),
        metadata={
            "description": "The gallery's search: words and “phrases” of names, IDs, descriptions and UIDs, "
            "and `Keyword=value` for any attribute.",
            "example": "brain Manufacturer=siemens",
        },
    )
    patient_name = fields.String(
        validate=validate.Length(max=LONGEST_TEXT), metadata={"description": "Whole words of the patient's name."}
    )
    patient_id = fields.String(
        validate=validate.Length(max=LONGEST_TEXT), metadata={"description": "Exactly this Patient ID."}
    )
    study = fields.String(
        validate=validate.Length(1, LONGEST_KEY), metadata={"description": "Of this study: its row id or its UID."}
    )
    series = fields.String(
        validate=validate.Length(1, LONGEST_KEY), metadata={"description": "Of this series: its row id or its UID."}
    )
    collection = fields.Integer(validate=validate.Range(1, 10**18 - 1), metadata={"description": "In this collection."})
    date_from = fields.String(
        data_key="from", validate=_DAY, metadata={"description": "Studies of this day, month or year, or later."}
    )
    date_to = fields.String(
        data_key="to", validate=_DAY, metadata={"description": "Studies of this day, month or year, or earlier."}
    )
    sort = fields.String(validate=validate.OneOf([one.value for one in Sort]), metadata={"description": "The order."})

    modality = _facet("modality")
    body_part = _facet("body_part")
    manufacturer = _facet("manufacturer")
    institution = _facet("institution")
    year = _facet("year")
    transfer_syntax = _facet("transfer_syntax")
    deidentified = _facet("deidentified")


def list_of(row: type[Schema]) -> type[Schema]:
    """What the list of these rows reads: a search, a page, and which fields to tell."""
    return type(f"{row.__name__}List", (Paged, Search), {"fields": _chosen(row)})


def fields_of(row: type[Schema]) -> type[Schema]:
    """What a single row reads: which fields to tell."""
    return type(f"{row.__name__}Fields", (Schema,), {"fields": _chosen(row)})


def _chosen(row: type[Schema]) -> DelimitedList:
    return DelimitedList(
        fields.String(validate=validate.OneOf([field.data_key or name for name, field in row().fields.items()])),
        validate=validate.Length(1),
        metadata={"description": "Only these fields of each, between commas."},
    )


def search_of(scope: Scope, level: Level, asked: Mapping[str, Any]) -> SearchQuery:
    """The search that an address means; RefusedError in words where the gallery's page would only complain."""
    args = {name: values for name, values in request.args.to_dict(flat=False).items() if name != "level"}
    query = searching.parse(args)
    if query.complaints:
        raise RefusedError(" ".join(query.complaints))
    name = asked.get("patient_name", "").strip()
    named = (("PatientName", name),) if name else ()
    return replace(query, level=level, words=(*query.words, *named), below=tuple(_below(scope, asked)))


def _below(scope: Scope, asked: Mapping[str, Any]) -> Iterator[tuple[Level, tuple[int, ...]]]:
    """What all of it must lie below, found by columns: they know a file as soon as it is here."""
    if text := asked.get("patient_id", "").strip():
        yield Level.PATIENT, tuple(patients.of_id(scope, text))
    for name, level in (("study", Level.STUDY), ("series", Level.SERIES)):
        if key := asked.get(name):
            yield level, (rows.one(scope, level, key).id,)
