"""The same good and hostile files through every door have the same outcomes, and the gallery goes on."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from dicomgallery.factory import create_app
from dicomgallery.imaging.spec import FULL
from dicomgallery.jobs.runner import drain
from dicomgallery.models import Instance, ReceiptLine, db
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.settings import Settings
from tests import compiled
from tests.dicomweb.bodies import multipart
from tests.proof.asking import form
from tests.proof.hostile import ARCHIVE_BYTES, ARCHIVE_ENTRIES, FILE_BYTES, Case, cases
from tests.web.conftest import PAGE, Browser

Line = tuple[str, str]


@dataclass
class Told:
    """What a gallery told of one case."""

    status: int
    lines: list[Line]
    """Outcome or reason, and the sentence."""
    pictures: set[str]


@dataclass
class Gallery:
    """A gallery of its own for one door."""

    app: Flask
    folder: Path

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()


def by_form(gallery: Gallery, case: Case) -> int:
    browser = Browser(gallery.client)
    answer = posted(browser, "/upload", case, "files")
    assert answer.status_code == 303
    assert answer.location.startswith("/receipts/")
    return browser.get(answer.location).status_code


def by_raw_body(gallery: Gallery, case: Case) -> int:
    answer = gallery.client.post("/api/v1/uploads", data=case.data, headers={"Content-Type": "application/dicom"})
    return fine(answer)


def by_zip(gallery: Gallery, case: Case) -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(case.name, case.data)
    return fine(gallery.client.post("/api/v1/uploads", data=packed.getvalue(), content_type="application/zip"))


def by_contract_c(gallery: Gallery, case: Case) -> int:
    body, headers = form([(case.name, case.data)], study="one")
    answer = gallery.client.post("/upload", data=body, headers=headers)
    assert answer.is_json
    return answer.status_code


def by_contract_a(gallery: Gallery, case: Case) -> int:
    browser = Browser(gallery.client)
    answer = posted(browser, "/images/new", case, "file")
    assert answer.status_code in {302, 303}
    return browser.get(answer.location).status_code


def by_stow(gallery: Gallery, case: Case) -> int:
    body, headers = multipart([case.data])
    answer = gallery.client.post("/dicom-web/studies", data=body, headers=headers)
    assert answer.mimetype == "application/dicom+json"
    return answer.status_code


def by_command(gallery: Gallery, case: Case) -> int:
    # A file system has no such names; those are the other doors' matter.
    path = gallery.folder / "".join(sign if sign.isalnum() or sign == "." else "_" for sign in case.name)[:60]
    path.write_bytes(case.data)
    result = gallery.app.test_cli_runner().invoke(args=["ingest", str(path), "--json"])
    assert result.exit_code in {0, 1}, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return 200


def posted(browser: Browser, path: str, case: Case, field: str) -> TestResponse:
    browser.get("/upload")
    body, headers = form([(case.name, case.data)], field=field, csrf_token=browser.token)
    return browser.client.post(path, data=body, headers={**headers, **PAGE})


def fine(answer: TestResponse) -> int:
    assert answer.is_json
    return answer.status_code


DOORS: dict[str, Callable[[Gallery, Case], int]] = {
    "form": by_form,
    "raw body": by_raw_body,
    "ZIP": by_zip,
    "contract C": by_contract_c,
    "contract A": by_contract_a,
    "STOW": by_stow,
    "command": by_command,
}


@pytest.fixture(scope="module", params=DOORS)
def told(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    migrated_database: Path,
    shared_sandbox: Sandbox,
) -> Iterator[tuple[Gallery, dict[str, Told]]]:
    folder = tmp_path_factory.mktemp("door")
    settings = Settings(
        data=folder / "data",
        max_file_bytes=FILE_BYTES,
        max_archive_bytes=ARCHIVE_BYTES,
        max_archive_entries=ARCHIVE_ENTRIES,
    )
    (settings.data / "tmp").mkdir(parents=True, mode=0o700)
    shutil.copy(migrated_database, settings.data / "gallery.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "sandbox_of", lambda _settings: shared_sandbox)
        app = create_app(settings)
        app.jinja_env.bytecode_cache = compiled.PAGES
        app.testing = True
        gallery = Gallery(app, folder)
        yield gallery, {case.name: tell(gallery, DOORS[request.param], case) for case in cases()}
        with app.app_context():
            db.engine.dispose()


def tell(gallery: Gallery, door: Callable[[Gallery, Case], int], case: Case) -> Told:
    with gallery.app.app_context():
        before = db.session.scalar(select(ReceiptLine.id).order_by(ReceiptLine.id.desc()).limit(1)) or 0
        db.session.rollback()
    status = door(gallery, case)
    with gallery.app.app_context():
        lines = db.session.scalars(select(ReceiptLine).where(ReceiptLine.id > before).order_by(ReceiptLine.id)).all()
        found = [(line.reason or line.outcome, line.detail) for line in lines]
        made = [line.instance_id for line in lines if line.outcome == "accepted"]
        db.session.rollback()
        drain("test")
        states = db.session.scalars(select(Instance).where(Instance.id.in_(made))).all()
        pictures = {one.render_reason or one.render_state for one in states}
    return Told(status, found, pictures)


def test_every_case_has_its_outcomes_its_sentences_and_its_picture(told: tuple[Gallery, dict[str, Told]]) -> None:
    wrong = []
    for case in cases():
        found = told[1][case.name]
        words = [word for word, _ in found.lines]
        if sorted(words if case.is_counted else set(words)) != sorted(case.told):
            wrong.append((case.name, sorted(set(found.lines)), len(found.lines)))
        if found.pictures != ({case.picture} if case.picture else set()):
            wrong.append((case.name, found.pictures))
        for word, detail in found.lines:
            if word not in {"accepted", "duplicate"} and not (detail[:1].isupper() and detail.endswith(".")):
                wrong.append((case.name, detail))
        if found.status >= 500:
            wrong.append((case.name, found.status))

    assert wrong == [], "\n".join(map(repr, wrong))


def test_nothing_is_left_lying_about(told: tuple[Gallery, dict[str, Told]]) -> None:
    gallery, _ = told

    assert list((gallery.folder / "data" / "tmp").iterdir()) == []
    assert not Path("/etc/passwd.dcm").exists()
    assert {path.name for path in gallery.folder.iterdir() if path.is_dir()} == {"data"}


def test_the_gallery_answers_with_pages_and_pictures_afterwards(told: tuple[Gallery, dict[str, Told]]) -> None:
    gallery, _ = told
    with gallery.app.app_context():
        instances = db.session.scalars(select(Instance).where(Instance.is_current)).all()

    assert gallery.client.get("/", headers=PAGE).status_code == 200
    for instance in instances:
        page = gallery.client.get(f"/images/{instance.id}/detail", headers=PAGE)
        picture = gallery.client.get(f"/pictures/{instance.id}-{instance.blob_sha256[:12]}/{FULL.token()}")
        assert (page.status_code, picture.status_code) == (200, 200)
        is_drawn = instance.render_state != "ready"
        assert picture.mimetype == ("image/svg+xml" if is_drawn else "image/png"), instance.file_name
