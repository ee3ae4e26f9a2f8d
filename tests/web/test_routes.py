"""Every route at once: who may ask it, and what it says when there is nothing."""

import inspect
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from dicomgallery.access import Permission
from tests.web.conftest import PAGE, Browser, Statements

IDS = re.compile(r"<int:\w+>")
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def _rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def _path(rule: Rule, row_id: int = 999) -> str:
    path = IDS.sub(str(row_id), rule.rule)
    return re.sub(r"<[^>]+>", "x", path)


def test_every_route_says_what_right_it_needs_or_why_it_is_open_to_all(app: Flask) -> None:
    unmarked = []
    for rule in _rules(app):
        view = app.view_functions[rule.endpoint]
        permission, reason = getattr(view, "permission", None), getattr(view, "open_to_all", "")
        if not isinstance(permission, Permission) and not reason:
            unmarked.append(rule.rule)

    assert unmarked == []


def test_every_view_is_a_plain_function(app: Flask) -> None:
    """The application calls views without asking whether they are coroutines."""
    assert [name for name, view in app.view_functions.items() if inspect.iscoroutinefunction(view)] == []


def test_every_write_needs_more_than_the_right_to_view(app: Flask) -> None:
    lax = [
        rule.rule
        for rule in _rules(app)
        if WRITES & (rule.methods or set())
        and getattr(app.view_functions[rule.endpoint], "permission", None) is Permission.VIEW
    ]

    assert lax == []


def test_no_write_is_taken_from_a_page_of_another_site(app: Flask, client: FlaskClient) -> None:
    asked = 0
    for rule in _rules(app):
        for method in WRITES & (rule.methods or set()):
            headers = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
            assert client.open(_path(rule), method=method, headers=headers).status_code == 403, rule.rule
            asked += 1

    assert asked > 10


def test_no_write_is_taken_from_a_browser_without_its_token(app: Flask, browser: Browser) -> None:
    browser.get("/")
    for rule in _rules(app):
        for method in WRITES & (rule.methods or set()):
            assert browser.client.open(_path(rule), method=method, headers=PAGE).status_code == 403, rule.rule


def test_every_page_of_something_unknown_is_404_in_words(app: Flask, browser: Browser) -> None:
    asked = [rule for rule in _rules(app) if IDS.search(rule.rule) and "GET" in (rule.methods or set())]

    for rule in asked:
        for row_id in (999, 10**30):
            answer = browser.get(_path(rule, row_id))
            assert answer.status_code == 404, (rule.rule, row_id)
            assert "There is no" in answer.text, (rule.rule, row_id)
    assert len(asked) >= 10


@pytest.mark.parametrize("path", ["/", "/upload", "/receipts", "/bin", "/bin/empty", "/collections", "/about/patterns"])
@pytest.mark.parametrize("level", ["", "?level=images", "?level=studies", "?level=patients"])
def test_every_page_stands_in_an_empty_gallery(browser: Browser, path: str, level: str) -> None:
    answer = browser.get(path + level)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "<h1" in answer.text or "<h2" in answer.text


def test_text_from_a_file_is_text_on_every_page(browser: Browser, every_page: list[str]) -> None:
    shown = 0
    for path in every_page:
        text = browser.get(path).text
        assert "<script>alert" not in text, path
        shown += text.count("&lt;script&gt;alert(1)")

    assert shown > 20


def test_nothing_inline_on_any_page(browser: Browser, every_page: list[str]) -> None:
    for path in every_page:
        text = browser.get(path).text
        assert re.search(r"<script(?![^>]*\bsrc=)", text) is None, path
        assert re.search(r"\sstyle\s*=", text) is None, path
        assert re.search(r"<[^>]*\son\w+\s*=", text) is None, path
        assert "<style" not in text, path


def test_no_page_asks_the_database_more_than_a_few_times(
    browser: Browser, every_page: list[str], statements: Statements
) -> None:
    for path in every_page:
        browser.get(path)
        with statements() as executed:
            answer = browser.get(path)
        assert answer.status_code == 200
        assert len(executed) <= 30, (path, len(executed))
