"""Whatever the document lets a program ask, and what it forbids: never a failure of ours, never an answer untold."""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.services import collecting, exports
from dicomgallery.services.exports import Asked, Kind
from tests.conftest import Gallery

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SHORT = 500
LONG = int(os.environ.get("DICOMGALLERY_API_CASES", "20000"))


@pytest.fixture
def filled(gallery: Gallery) -> Gallery:
    """A gallery with something of each kind, whose row ids are small numbers."""
    files = [*synthetic.ct_series(5, 32, 32), synthetic.us_cine(3, 32, 32), synthetic.basic_report()]
    gallery.receive(*files, ("notes.txt", b"no image"), collection="A set")
    gallery.work()
    exports.ask(1, Asked(Kind.PNG), actor=gallery.actor)
    collecting.add(collecting.create("Another", actor=gallery.actor).id, Selection(studies=(1,)), actor=gallery.actor)
    return gallery


def operations(app: Flask) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    for found in schema.get_all_operations():
        yield found.ok()


def ask(app: Flask, cases: int) -> int:
    """Ask each operation its share of cases, good ones and bad ones; how many were asked."""
    every = list(operations(app))
    share = max(1, round(cases / len(every)))
    failed = {operation.label: told for operation in every if (told := told_of(operation, share))}
    assert failed == {}, "\n\n".join(failed.values())
    return share * len(every)


def told_of(operation: APIOperation, cases: int) -> str:
    """What an operation did that it should not; empty when there is nothing."""
    good, bad = (
        operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    )

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(good if not has_input(operation) else good | bad)
    def some(case: schemathesis.Case) -> None:
        # What travels compressed is not unpacked on this way.
        case.call_and_validate(checks=CHECKS, headers={"Accept-Encoding": "identity"})

    try:
        some()
    except FailureGroup as failures:
        return "\n".join(
            [operation.label, *(str(one) for one in failures.exceptions), *getattr(failures, "__notes__", ())]
        )
    return ""


def has_input(operation: APIOperation) -> bool:
    return any(operation.iter_parameters()) or bool(operation.body)


def test_no_request_fails_or_is_answered_in_a_way_that_the_document_does_not_tell(app: Flask, filled: Gallery) -> None:
    assert ask(app, SHORT) >= SHORT * 0.8


@pytest.mark.long
def test_no_request_of_very_many_fails(app: Flask, filled: Gallery) -> None:
    assert ask(app, LONG) >= LONG * 0.8
