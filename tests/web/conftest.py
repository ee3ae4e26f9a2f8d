"""Browsers, programs, and a count of what a page asks the database."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.editing.edits import Deed, Edit
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import db
from dicomgallery.services import deid_runs, editing, exports, removal
from dicomgallery.services.deid_runs import profiles
from dicomgallery.services.editing import Reach
from dicomgallery.services.exports import Asked, Kind
from tests.burned import burned, waiting
from tests.conftest import Gallery

HOSTILE = "<script>alert(1)</script>^\"'&lt;"
Statements = Callable[[], AbstractContextManager[list[str]]]

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}


class Browser:
    """A client that keeps its cookie, asks for pages and sends the token of the last one."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **options: object) -> TestResponse:
        answer = self.client.get(path, headers=PAGE, **options)  # type: ignore[arg-type]
        if answer.mimetype == "text/html" and (found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text)):
            self.token = found[1]
        return answer

    def post(self, path: str, data: dict[str, object] | None = None) -> TestResponse:
        if not self.token:
            self.get("/upload")
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, headers=PAGE)

    def see(self, answer: TestResponse) -> str:
        """Follow a redirect to the page that says what was done."""
        assert answer.status_code == 303, answer.text
        return html.unescape(self.get(answer.location).text)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def statements(app: Flask) -> Statements:
    """Collect the statements that are executed meanwhile."""

    @contextmanager
    def collecting() -> Iterator[list[str]]:
        executed: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            executed.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield executed
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return collecting


@pytest.fixture
def every_page(gallery: Gallery) -> list[str]:
    """The address of every kind of page, in a gallery that has something of each kind."""
    hostile = synthetic.ct_series(2, 32, 32, seed=7)
    for dataset in hostile:
        dataset.PatientName = HOSTILE
        dataset.SeriesDescription = HOSTILE
        dataset.StudyDescription = HOSTILE
        dataset.PatientID = HOSTILE[:60]
    files = [*synthetic.ct_series(5, 32, 32), synthetic.us_cine(3, 32, 32), synthetic.basic_report(), *hostile]
    named = [(f"folder/{HOSTILE} {number}.dcm", file) for number, file in enumerate(files)]
    report = gallery.receive(*named, ("notes.txt", b"not an image"), collection=HOSTILE)
    gallery.work()
    (one,) = gallery.ingest(synthetic.dx_image(64, 64))
    gallery.work()
    assert isinstance(one, Accepted)
    exports.ask(1, Asked(Kind.PNG), actor=gallery.actor)
    gallery.work()
    plan = editing.begin(1, Reach.SERIES, actor=gallery.actor)
    editing.add(plan, Edit.of(Deed.SET, "PatientComments", "LT", HOSTILE), actor=gallery.actor)
    run_id = deid_runs.draft(Selection(images=(report.outcomes[8].instance_id,)), actor=gallery.actor)  # type: ignore[union-attr]
    deid_runs.override(run_id, "0008103E", "keep", HOSTILE, actor=gallery.actor)
    deid_runs.start(run_id, actor=gallery.actor)
    gallery.work()
    draft_id = deid_runs.draft(Selection(images=(report.outcomes[8].instance_id,)), actor=gallery.actor)  # type: ignore[union-attr]
    profiles.save_of_run(run_id, "Kept", actor=gallery.actor)
    table = editing.begin_by_csv(b"instance,ImageComments\n1,Seen\n", actor=gallery.actor)
    screens = waiting(gallery, burned((20, 20)))
    deed = removal.to_bin(Selection(images=(one.instance_id,)), actor=gallery.actor)
    first, cine, sr = (report.outcomes[place].instance_id for place in (0, 5, 6))  # type: ignore[union-attr]
    return [
        *("/", "/?level=images", "/?level=studies", "/?level=patients", "/?q=nothing-has-this&modality=CT"),
        *(f"/images/{first}/detail{tab}" for tab in ("", "?tab=text", "?tab=history", "?center=40&width=400&invert=1")),
        *(f"/images/{number}/detail" for number in (cine, sr, one.instance_id)),
        *(f"/series/1/viewer{tab}" for tab in ("", "?tab=planes", "?tab=tags")),
        *(f"/images/{first}/diff/{cine}?show=all", "/series/1/diff/2", "/series/1/matrix"),
        *("/images/1/edit", "/images/1/edit?path=PatientName", "/images/1/history"),
        *(f"/edits/{plan}", f"/edits/{plan}?path=PatientComments", f"/edits/{plan}/review"),
        *("/edits/table", "/edits/table?series=1", f"/edits/{table}", f"/edits/{table}/review"),
        *("/series/1", "/studies/1", "/patients/1", "/collections", "/collections/1"),
        *(
            f"/receipts/{report.receipt_id}",
            "/receipts",
            "/upload",
            "/exports",
            "/exports/1",
            "/series/1/export",
            "/bin",
            f"/bin/{deed.id}",
            "/bin/empty",
        ),
        *("/deidentify", f"/deidentify/{draft_id}", f"/deidentify/{run_id}", f"/deidentify/{run_id}/report"),
        *(f"/deidentify/{run_id}/review", f"/deidentify/{screens}/review", f"/deidentify/{screens}/review/1"),
        f"/deidentify/{screens}/review/1/alike",
        *("/deidentify/profiles", "/deidentify/profiles/1"),
        "/about/patterns",
        "/api/docs",
    ]
