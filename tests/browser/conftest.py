"""A real browser, and the scripts of the pages served to it."""

import contextlib
import functools
import io
import os
import re
import secrets
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.server import Server, serving
from dicomgallery.dicom import synthetic
from tests.browser.visitor import TELL_VIOLATIONS, Meet, Visitor

# A failure there says what was found.
pytest.register_assert_rewrite("tests.browser.looking")

STATIC = Path(__file__).resolve().parents[2] / "static"
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium_path() -> str | None:
    """Where this machine has a Chromium; None when it has none."""
    named = os.environ.get("DICOMGALLERY_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium here: install one, or name it in DICOMGALLERY_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output for the tests."""


@pytest.fixture(scope="session")
def static_address() -> Iterator[str]:
    """Where the static files are served, as they lie in the repository."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(STATIC)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def scripts(chromium: Browser, static_address: str) -> Iterator[Page]:
    """A blank page that can import the modules of static/js by `import("/js/...")`."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{static_address}/mark.svg")
    yield page
    context.close()


@dataclass(frozen=True)
class Kind:
    """What cannot be changed about a browser once it is there."""

    javascript: bool
    touch: bool


def browser_of(chromium: Browser, kind: Kind) -> BrowserContext:
    """A browser of somebody who has been nowhere yet."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844} if kind.touch else {"width": 1280, "height": 900},
        color_scheme="dark",
        java_script_enabled=kind.javascript,
        reduced_motion="reduce",
        has_touch=kind.touch,
    )
    # Patience costs nothing where all is well; a machine with much to do is slow, not wrong.
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(TELL_VIOLATIONS)
    return context


@pytest.fixture(scope="session")
def kept() -> dict[Kind, BrowserContext]:
    """A browser of each kind, lent from test to test: making one costs more than a visit does."""
    return {}


@pytest.fixture
def meet(chromium: Browser, kept: dict[Kind, BrowserContext]) -> Iterator[Meet]:
    """Visitors with a browser each; a test ends well only when none of their pages had anything to complain of.

    A browser may have fetched pictures and scripts for an earlier test; apart from these it remembers nothing.
    """
    visitors: list[Visitor] = []

    def new_visitor(
        server: Server,
        *,
        width: int = 1280,
        height: int = 900,
        javascript: bool = True,
        theme: str = "dark",
        fresh: bool = False,
    ) -> Visitor:
        kind = Kind(javascript, touch=width < 500)
        lent = [visitor.context for visitor in visitors]
        if fresh or kept.get(kind) in lent:
            context = browser_of(chromium, kind)
        else:
            context = kept.get(kind) or kept.setdefault(kind, browser_of(chromium, kind))
        visitor = Visitor(context, context.new_page(), f"http://127.0.0.1:{server.port}")
        visitors.append(visitor)
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.page.emulate_media(color_scheme="light" if theme == "light" else "dark")
        visitor.forget()
        context.on("page", visitor.watch)
        visitor.watch(visitor.page)
        return visitor

    yield new_visitor
    for visitor in visitors:
        visitor.look()
        visitor.context.remove_listener("page", visitor.watch)
        if visitor.context in kept.values():
            for page in visitor.context.pages:
                page.close()
        else:
            visitor.context.close()
    assert [visitor.unexpected() for visitor in visitors] == [[] for _ in visitors]


@pytest.fixture(scope="session")
def samples() -> Iterator[Server]:
    """A gallery with the sample images, all prepared, and a little in the bin; tests read it and leave it as it is."""
    with serving() as server:
        assert answer(server, "POST", "/demo")[0] == 303
        assert answer(server, "POST", "/api/v1/uploads", mixed_archive())[0] == 201
        assert answer(server, "POST", "/selection/bin", b"images=24&images=25")[0] == 303
        deadline = time.monotonic() + 120
        while not is_prepared(server):
            assert time.monotonic() < deadline, "the sample images were not prepared in time"
            time.sleep(0.2)
        yield server


def mixed_archive() -> bytes:
    """A ZIP of what is here already, what is broken and what is no DICOM: every line of a receipt."""
    content = synthetic.as_bytes(synthetic.ct_slice())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("study/IM0001", content)
        archive.writestr("study/IM0002 cut short", content[:200_000])
        archive.writestr("study/report.pdf", b"%PDF-1.7 and so on")
        archive.writestr("study/研究/notes.txt", "Nothing to see.")
        archive.writestr("../outside.dcm", content)
    return packed.getvalue()


def nobody(kind: str) -> str:
    """A name nobody else has; its made-up part holds no word, and no figure, by which a test finds something else."""
    return kind + "".join(secrets.choice("jqxz") for _ in range(12))


def several_series(server: Server, name: str) -> str:
    """Send a study of three series, two images each; the address of an image of the first."""
    packed = io.BytesIO()
    study_uid = synthetic.ct_slice(seed=int.from_bytes(os.urandom(4))).StudyInstanceUID
    with zipfile.ZipFile(packed, "w") as archive:
        for number, words in enumerate(("First", "Second", "Third"), 1):
            for place, one in enumerate(synthetic.ct_series(2, 48, 48, seed=int.from_bytes(os.urandom(4)))):
                one.StudyInstanceUID, one.PatientID, one.PatientName = study_uid, name, name
                one.SeriesNumber, one.SeriesDescription = number, words
                archive.writestr(f"{words}/{place}.dcm", synthetic.as_bytes(one))
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201
    page = answer(server, "GET", f"/?q={name}&level=images&sort=oldest")[1]
    return str(re.findall(r'href="(/images/\d+/detail)"', page)[0])


def answer(server: Server, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    """What a gallery answers to a program: the status and the text."""
    headers = {"Content-Type": "application/x-www-form-urlencoded" if "selection" in path else "application/zip"}
    with contextlib.closing(server.connect()) as connection:
        connection.request(method, path, body, headers if body else {})
        response = connection.getresponse()
        return response.status, response.read().decode()


def is_prepared(server: Server) -> bool:
    """Say whether every picture is made, and every word of every header can be searched."""
    pages = [answer(server, "GET", f"/?q=ProtocolName%3Dchest&level={level}")[1] for level in ("images", "series")]
    return "<b>40</b> images" in pages[0] and "data-waiting" not in "".join([*pages, answer(server, "GET", "/")[1]])


@pytest.fixture(scope="session")
def workshop() -> Iterator[Server]:
    """A gallery to work in; each test brings its own files and finds them by its own names."""
    with serving() as server:
        yield server
