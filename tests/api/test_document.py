"""The OpenAPI document and its page: whole, valid, true to the routes, and made without anybody else."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from dicomgallery.api import DESCRIBED
from tests.web.conftest import PAGE

UNTOLD = {"/api/openapi.json", "/api/docs"}


def test_the_document_is_valid_openapi_3_1(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()

    validate(document)

    assert document["openapi"].startswith("3.1")
    assert document["components"]["schemas"]["SeriesRow"]["properties"]["number"]["type"] == ["integer", "null"]
    assert '"nullable"' not in client.get("/api/openapi.json").text


def test_every_route_for_programs_stands_in_the_document(app: Flask, client: FlaskClient) -> None:
    told = {
        (path, method)
        for path, ways in client.get("/api/openapi.json").get_json()["paths"].items()
        for method in ways
        if method != "parameters"
    }
    names = {module.bp.name for module in DESCRIBED}
    there = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in names or rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in UNTOLD
    }

    assert told == there
    assert len(told) > 55


def test_every_call_says_what_it_does_and_every_way_to_fail(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    for path, ways in paths.items():
        for method, operation in ways.items():
            if method == "parameters":
                assert all(one["description"] for one in operation), path
                continue
            assert operation["summary"].endswith("."), (path, method)
            assert {"400", "401", "403", "429", "500", "503"} <= set(operation["responses"]), (path, method)
            assert "default" not in operation["responses"]
    ids = [way["operationId"] for ways in paths.values() for name, way in ways.items() if name != "parameters"]
    assert len(ids) == len(set(ids))


def test_the_document_is_made_once_and_not_sent_again_to_who_has_it(client: FlaskClient) -> None:
    first = client.get("/api/openapi.json")

    again = client.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_the_page_tells_every_call_and_asks_nobody_else(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()

    page = client.get("/api/docs", headers=PAGE)

    assert page.status_code == 200
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page.text
    for name, schema in document["components"]["schemas"].items():
        assert f'id="shape-{name}"' in page.text or not schema.get("properties")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page.text) == []
    assert re.search(r"<script(?![^>]*\bsrc=)|\sstyle\s*=|<style", page.text) is None
    anchors = set(re.findall(r'href="#([^"]+)"', page.text))
    assert anchors <= set(re.findall(r'id="([^"]+)"', page.text)) | {"main"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/studies?limit=0", "limit"),
        ("/api/v1/studies?limit=ten", "limit"),
        ("/api/v1/studies?fields=nothing", "fields"),
        ("/api/v1/studies?from=someday", "from"),
        ("/api/v1/studies?from=2020-13-01", "first date"),
        ("/api/v1/studies?cursor=nonsense", "cursor"),
        (f"/api/v1/studies?q={'x' * 500}", "q"),
        ("/api/v1/instances/1/picture?format=tiff", "format"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_as_a_problem(client: FlaskClient, path: str, words: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json()
    assert problem.keys() == {"type", "title", "status", "detail", "request_id"}
    assert words in problem["detail"]
    assert problem["title"] == "Not accepted"


def test_what_somebody_typed_is_not_said_back(client: FlaskClient) -> None:
    answer = client.post("/api/v1/collections", json={"name": "A", "Hounsfield^Godfrey": {"deep": 1}})

    assert answer.status_code == 422
    assert answer.get_json()["detail"] == "There is a field in it that is not known here."


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"text"', b"null"])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/v1/collections", data=body, content_type="application/json")

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_a_body_that_is_too_long_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/collections", data=b" " * 5_000_000, content_type="application/json")

    assert answer.status_code == 413
