"""What programs delete at /dicom-web lies in the bin."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dicomgallery.access import LOCAL_OWNER, Permission
from dicomgallery.dicom import synthetic
from dicomgallery.models import BinDeed, Instance, db
from dicomgallery.services import removal
from dicomgallery.serving import identity
from tests.conftest import Gallery
from tests.web.conftest import Browser

STUDIES = "/dicom-web/studies"


@pytest.fixture
def paths(gallery: Gallery) -> list[str]:
    """The addresses of an instance, its series and its study; another study is there too."""
    slices = synthetic.ct_series(3, 16, 16)
    gallery.ingest(*slices, *synthetic.mr_series(1, 16, 16))
    study = f"{STUDIES}/{slices[0].StudyInstanceUID}"
    series = f"{study}/series/{slices[0].SeriesInstanceUID}"
    return [f"{series}/instances/{slices[0].SOPInstanceUID}", series, study]


def test_an_instance_a_series_and_a_study_go_to_the_bin_and_come_back(
    client: FlaskClient, gallery: Gallery, paths: list[str]
) -> None:
    left = []
    for path in paths:
        answer = client.delete(path)
        assert (answer.status_code, answer.data) == (204, b"")
        left.append(gallery.instance_count())
        assert client.delete(path).status_code == 404
        [deed] = db.session.scalars(select(BinDeed).order_by(BinDeed.id.desc()).limit(1)).all()
        removal.restore(deed.id, actor=gallery.actor)
        assert gallery.instance_count() == 4

    assert left == [3, 1, 1]


def test_what_is_not_there_cannot_be_deleted(client: FlaskClient, gallery: Gallery, paths: list[str]) -> None:
    other = synthetic.mr_series(1, 16, 16)[0]
    instance, series, study = paths
    wrong = [
        f"{STUDIES}/1.2.3",
        f"{STUDIES}/{'1' * 70}",
        f"{STUDIES}/x%00y",
        f"{study}/series/{other.SeriesInstanceUID}",
        f"{series}/instances/{other.SOPInstanceUID}",
        instance.replace(study, f"{STUDIES}/{other.StudyInstanceUID}"),
    ]

    for path in wrong:
        answer = client.delete(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path
    assert gallery.instance_count() == 4


def test_a_page_of_another_site_deletes_and_stores_nothing(
    client: FlaskClient, gallery: Gallery, paths: list[str]
) -> None:
    stranger = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    data = synthetic.as_bytes(synthetic.basic_report())

    assert client.delete(paths[0], headers=stranger).status_code == 403
    answer = client.post(STUDIES, data=data, headers={**stranger, "Content-Type": "application/dicom"})
    assert answer.status_code == 403

    # With a session, even a page of ours must show its token.
    client.set_cookie(client.application.config["SESSION_COOKIE_NAME"], "anything")
    assert client.delete(paths[0]).status_code == 403
    assert client.post(STUDIES, data=data, content_type="application/dicom").status_code == 403
    assert gallery.instance_count() == 4


def test_a_viewer_on_an_origin_of_ours_stores_with_a_session_and_without_a_token(
    app: Flask, gallery: Gallery, paths: list[str]
) -> None:
    browser = Browser(app.test_client())
    browser.get("/upload")
    data = synthetic.as_bytes(synthetic.basic_report())

    def status(origin: dict[str, str], kind: str = "application/dicom") -> int:
        return browser.client.post(STUDIES, data=data, headers={**origin, "Content-Type": kind}).status_code

    assert status({"Sec-Fetch-Site": "same-site"}) == 403
    assert status({}) == 403
    assert status({"Sec-Fetch-Site": "same-origin"}, "text/plain") == 403
    assert gallery.instance_count() == 4
    assert status({"Sec-Fetch-Site": "same-origin"}) == 200
    assert gallery.instance_count() == 5
    assert browser.client.delete(paths[0], headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403


def test_who_may_only_look_neither_deletes_nor_stores(
    client: FlaskClient, gallery: Gallery, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = replace(LOCAL_OWNER, permissions=frozenset({Permission.VIEW}))
    monkeypatch.setattr(identity, "LOCAL_OWNER", looking)

    assert client.delete(paths[2]).status_code == 403
    assert client.post(STUDIES, data=b"x", content_type="application/dicom").status_code == 403
    assert db.session.scalars(select(Instance.binned_at).where(Instance.binned_at.is_not(None))).all() == []
