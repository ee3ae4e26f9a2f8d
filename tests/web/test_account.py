"""Signing in, where the owner set a password."""

from dataclasses import replace

import pytest

from dicomgallery.serving import identity
from dicomgallery.settings import Settings
from tests.web.conftest import Browser


@pytest.fixture
def settings(settings: Settings) -> Settings:
    identity.attempts.clear()
    return replace(settings, host="0.0.0.0", owner_password="open sesame")


def test_a_person_is_led_to_sign_in_and_then_to_where_they_wanted(browser: Browser) -> None:
    asked = browser.get("/receipts?x=1")
    page = browser.get(asked.location)
    wrong = browser.post("/login", {"password": "guess", "next": "/receipts?x=1"})
    right = browser.post("/login", {"password": "open sesame", "next": "/receipts?x=1"})

    assert asked.location == "/login?next=/receipts?x%3D1"
    assert "open to its owner" in page.text
    assert (wrong.status_code, right.status_code) == (401, 303)
    assert "not the owner" in wrong.text
    assert right.location == "/receipts?x=1"
    assert "No receipts yet" in browser.get("/receipts").text


def test_signing_out_ends_it(browser: Browser) -> None:
    browser.get("/login")
    browser.post("/login", {"password": "open sesame"})
    assert "Sign out" in browser.get("/").text

    browser.post("/logout")

    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(browser: Browser, there: str) -> None:
    browser.get("/login")

    assert browser.post("/login", {"password": "open sesame", "next": there}).location == "/"


def test_a_picture_and_a_program_are_refused_in_their_own_way(browser: Browser) -> None:
    answer = browser.client.get("/files")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert browser.client.get("/pictures/1-0123456789ab/native.png").status_code == 401
    assert browser.client.get("/healthz").status_code == 200
