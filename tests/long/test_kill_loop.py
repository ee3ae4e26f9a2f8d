"""Nothing acknowledged is lost, whichever process is killed at whatever moment."""

import contextlib
import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server import HOME, Server, serving
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.reader import read_header

pytestmark = pytest.mark.long

FILES = 500
KILLS = int(os.environ.get("DICOMGALLERY_KILLS", "50"))
KINDS = ("app.py", "granian", "granian-worker", "dicomgallery.sandbox", "worker")


def test_every_acknowledged_file_survives_a_kill_of_any_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    chance = random.Random(20261121)
    template = synthetic.as_bytes(synthetic.ct_series(1, rows=64, columns=64)[0])
    acknowledged: set[str] = set()
    killed: dict[str, int] = dict.fromkeys(KINDS, 0)
    for turn in range(KILLS):
        with serving(data) as server:
            if acknowledged:
                assert _missing(server, acknowledged) == []
            sender = _Sender(server, [_variant(template, turn, number) for number in range(FILES)])
            sender.start()
            time.sleep(chance.uniform(0.05, 2.0))
            kind = KINDS[turn % len(KINDS)]
            killed[kind] += _kill_one(server, kind, chance)
            time.sleep(chance.uniform(0.0, 0.5))
            _kill_everything(server)
            sender.join()
            acknowledged |= sender.acknowledged
    assert acknowledged, "no upload was ever acknowledged, so nothing was proved"
    assert sum(killed.values()) >= KILLS * 0.9, killed
    with serving(data) as server:
        assert _missing(server, acknowledged) == []
        server.settle()
    verdict = _verify(data)
    assert verdict.returncode == 0, verdict.stdout


class _Sender(threading.Thread):
    """Sends the files one by one on four connections, and remembers what was acknowledged."""

    def __init__(self, server: Server, files: list[bytes]) -> None:
        super().__init__()
        self._server = server
        self._files = files
        self.acknowledged: set[str] = set()

    def run(self) -> None:
        threads = [threading.Thread(target=self._send, args=(self._files[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, files: list[bytes]) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = self._server.connect()
            for data in files:
                connection.request("POST", "/api/v1/uploads", data, {"Content-Type": "application/dicom"})
                response = connection.getresponse()
                response.read()
                if response.status == 201:
                    self.acknowledged.add(hashlib.sha256(data).hexdigest())


def _variant(template: bytes, turn: int, number: int) -> bytes:
    """The same picture as another instance: its UID's last digits are other ones of the same length."""
    uid = _uid_of(template)
    mark = f"{turn:04}{number:05}".encode()
    return template.replace(uid, uid[: -len(mark)] + mark)


def _uid_of(template: bytes) -> bytes:
    return str(read_header(template).SOPInstanceUID).encode()


def _kill_one(server: Server, kind: str, chance: random.Random) -> int:
    candidates = [pid for pid in server.processes() if _kind(pid) == kind]
    if not candidates:
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(candidates), signal.SIGKILL)
        return 1
    return 0


def _kind(pid: int) -> str:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
    if "app.py" in line:
        return "app.py"
    if "dicomgallery.sandbox" in line or "forkserver" in line:
        return "dicomgallery.sandbox"
    if "granian" in line:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        with contextlib.suppress(OSError):
            if b"granian" in Path(f"/proc/{parent}/cmdline").read_bytes():
                return "granian-worker"
        return "granian"
    return "worker" if "worker" in line else ""


def _kill_everything(server: Server) -> None:
    for pid in server.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.process.wait(10)
    # Those whose supervisor was the one killed end by its death signal.
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and _anyone_in(server.data):
        time.sleep(0.05)
    assert not _anyone_in(server.data), "a process outlived its supervisor"


def _anyone_in(data: Path) -> bool:
    return any(_environment_has(entry, str(data)) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _environment_has(process: Path, data: str) -> bool:
    try:
        return f"DICOMGALLERY_DATA={data}".encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _missing(server: Server, hashes: set[str]) -> list[str]:
    missing: list[str] = []
    for batch in _batches(sorted(hashes)):
        connection = server.connect()
        connection.request(
            "POST", "/api/v1/uploads/check", json.dumps({"sha256": batch}), {"Content-Type": "application/json"}
        )
        missing += json.loads(connection.getresponse().read())["missing"]
    return missing


def _batches(hashes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(hashes), 1000):
        yield hashes[start : start + 1000]


def _verify(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "verify", "--json"],
        cwd=HOME,
        env=os.environ | {"DICOMGALLERY_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
