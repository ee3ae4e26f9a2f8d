"""OHIF as it is fetched: from a registry of this machine, all of it or none."""

import fcntl
import functools
import gzip
import io
import stat
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dicomgallery import ohif
from dicomgallery.supervisor import fetching
from dicomgallery.supervisor.fetching import CannotFetchError, fetch, unpack
from tests.ohif_package import FILES, PAGE, SERVED, integrity, package


class Registry(ThreadingHTTPServer):
    """Serves a folder, and counts how often it is asked."""

    daemon_threads = True
    asked = 0

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Registry)
        self.server.asked += 1
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output for the tests."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "app.tgz").write_bytes(package())
    server = Registry(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def served(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix().removesuffix(".gz") for file in folder.rglob("*") if file.is_file()}


def test_it_is_fetched_once_and_lies_there_compressed(registry: Registry, data: Path) -> None:
    for _ in range(2):
        fetch(data, registry.address("app.tgz"), integrity(package()))

    assert registry.asked == 1
    assert ohif.is_there(data)
    assert served(ohif.place(data)) == SERVED
    assert gzip.decompress((ohif.place(data) / "index.html.gz").read_bytes()) == PAGE
    assert {one.name for one in ohif.home(data).iterdir() if one.is_dir()} == {ohif.VERSION}


def test_a_new_version_takes_the_place_of_an_old_one(registry: Registry, data: Path) -> None:
    old = ohif.home(data) / "3.0.0"
    old.mkdir(parents=True)
    (ohif.home(data) / "fetch-interrupted").mkdir()

    fetch(data, registry.address("app.tgz"), integrity(package()))

    assert {one.name for one in ohif.home(data).iterdir() if one.is_dir()} == {ohif.VERSION}


def test_another_package_than_the_pinned_one_is_not_opened(registry: Registry, data: Path) -> None:
    with pytest.raises(CannotFetchError, match="not the package that was chosen"):
        fetch(data, registry.address("app.tgz"), ohif.INTEGRITY)

    assert not ohif.is_there(data)
    assert [one for one in ohif.home(data).iterdir() if one.is_dir()] == []


def test_a_registry_that_has_it_not_or_is_not_there_is_said_so(registry: Registry, data: Path) -> None:
    for address in (registry.address("none.tgz"), "http://127.0.0.1:9/app.tgz"):
        with pytest.raises(CannotFetchError, match="could not be reached"):
            fetch(data, address, integrity(package()))


def test_what_never_ends_is_cut_off(registry: Registry, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST_PACKAGE", 100)

    with pytest.raises(CannotFetchError, match="larger than the package can be"):
        fetch(data, registry.address("app.tgz"), integrity(package()))


def test_nothing_is_fetched_while_another_process_is_at_it(registry: Registry, data: Path) -> None:
    ohif.home(data).mkdir(parents=True)
    with (ohif.home(data) / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        fetch(data, registry.address("app.tgz"), integrity(package()))

    assert registry.asked == 0


def test_a_failure_is_kept_for_the_pages_until_it_is_tried_again(data: Path) -> None:
    ohif.home(data).mkdir(parents=True)
    usual = ohif.why_not(data)
    ohif.tell_why_not(data, "The npm registry could not be reached.")
    told = ohif.why_not(data)
    ohif.tell_why_not(data, "")

    assert "being fetched" in usual
    assert told == "The npm registry could not be reached."
    assert ohif.why_not(data) == usual


@pytest.mark.parametrize(
    "name", ["package/dist/../../climbed", "package/dist//rooted", "/package/dist/x", "package/dist/.hid", "dist/x"]
)
def test_nothing_is_unpacked_outside_its_folder_or_under_a_strange_name(name: str, tmp_path: Path) -> None:
    unpack(io.BytesIO(package(FILES | {name: b"strange"})), tmp_path / "files")

    assert served(tmp_path) == {f"files/{name}" for name in SERVED}


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    link, device = tarfile.TarInfo("package/dist/link.js"), tarfile.TarInfo("package/dist/device.js")
    link.type, link.linkname, device.type = tarfile.SYMTYPE, "/etc/hostname", tarfile.CHRTYPE

    unpack(io.BytesIO(package(FILES, link, device)), tmp_path / "files")

    assert served(tmp_path / "files") == SERVED
    assert all(stat.S_ISREG(file.lstat().st_mode) for file in (tmp_path / "files").rglob("*.gz"))


@pytest.mark.parametrize("cut", [10, 200, -40])
def test_a_package_cut_short_is_said_to_be_damaged(cut: int, tmp_path: Path) -> None:
    with pytest.raises(CannotFetchError, match=r"damaged|holds no page"):
        unpack(io.BytesIO(package()[:cut]), tmp_path / "files")


@pytest.mark.parametrize("limit", ["MOST_FILES", "LARGEST_CONTENT"])
def test_a_package_that_holds_too_much_is_refused(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, limit, 3)

    with pytest.raises(CannotFetchError, match="more than it can"):
        unpack(io.BytesIO(package()), tmp_path / "files")


def test_a_package_without_a_page_is_no_viewer(tmp_path: Path) -> None:
    with pytest.raises(CannotFetchError, match="holds no page"):
        unpack(io.BytesIO(package({"package/dist/app.js": b"1"})), tmp_path / "files")
