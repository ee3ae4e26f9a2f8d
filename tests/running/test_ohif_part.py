"""A gallery with OHIF: one process more, on a port of its own, which starts and ends with the others."""

import http.client
import io
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from bench.server import serving
from dicomgallery import ohif
from dicomgallery.supervisor.fetching import unpack
from tests.ohif_package import PAGE, package
from tests.running.test_supervisor import free_port, lives, until


def page(port: int) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/viewer", headers={"Connection": "close"})
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return b""


@pytest.mark.long
def test_it_comes_with_the_gallery_and_goes_with_it(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    ohif.home(data).mkdir(parents=True)
    unpack(io.BytesIO(package()), ohif.place(data))
    with serving(data, DICOMGALLERY_OHIF_PORT=str(port), DICOMGALLERY_WORKERS="1") as server:
        until(lambda: page(port) == PAGE, 30)
        everyone = [psutil.Process(pid) for pid in server.processes()]
        commands = [one.cmdline() for one in everyone]

    assert [words[-1] for words in commands if "dicomgallery.supervisor.http" in words].count("ohif") == 2
    assert not any("dicomgallery.supervisor.fetching" in words for words in commands)
    until(lambda: not any(map(lives, everyone)), 15)
