"""The same uploads to Orthanc, where it is installed: a figure of one machine says little without its neighbor."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.server import connected, emptied, fresh_folder

START_SECONDS = 30
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
"""Where Debian puts its plugin."""


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc with an empty store."""

    port: int
    version: str

    def connect(self) -> http.client.HTTPConnection:
        """A new connection."""
        return connected(self.port)

    def post(self, connection: http.client.HTTPConnection, data: bytes) -> None:
        """Send one file as a raw body."""
        connection.request("POST", "/instances", data, {"Content-Type": "application/dicom"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"Orthanc answered {response.status}.")


def orthanc_program() -> str | None:
    """Debian's Orthanc, which stands where only root looks; None when it is not installed."""
    return shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def orthanc(*, dicomweb: bool = False) -> Iterator[Orthanc | None]:
    """Start Orthanc on an empty folder, files fsynced as it does by default; None when it is not installed."""
    program = orthanc_program()
    if program is None or (dicomweb and not DICOMWEB.exists()):
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = fresh_folder()
    chosen = {
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "SyncStorageArea": True,
        "KeepAlive": True,
        "TcpNoDelay": True,
        "Plugins": [str(DICOMWEB)] if dicomweb else [],
    }
    (folder / "orthanc.json").write_text(json.dumps(chosen))
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log) as process,
    ):
        try:
            yield Orthanc(port, _version(port))
        finally:
            process.terminate()
            process.wait(20)
    emptied(folder)


def _version(port: int) -> str:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/system")
            return str(json.loads(connection.getresponse().read())["Version"])
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
