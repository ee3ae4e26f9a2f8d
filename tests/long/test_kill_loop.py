"""Nothing acknowledged is lost, whichever process is killed at whatever moment; the rest of them goes on."""

import contextlib
import hashlib
import http.client
import io
import json
import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server import HOME, Server, serving
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.reader import read_header
from tests.long.processes import KINDS, all_gone, processes, working_in
from tests.proof.asking import form, rows, settle

pytestmark = pytest.mark.long

FILES = 500
KILLS = int(os.environ.get("DICOMGALLERY_KILLS", "50"))
RECOVERY_SECONDS = 90
VERIFY_EVERY = 10


def test_every_acknowledged_file_survives_a_kill_of_any_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    chance = random.Random(20261121)
    template = synthetic.as_bytes(synthetic.ct_series(1, rows=64, columns=64)[0])
    acknowledged: set[str] = set()
    killed: Counter[str] = Counter()
    for turn in range(KILLS):
        with serving(data) as server:
            assert _missing(server, acknowledged) == []
            sender = _Sender(server, [_variant(template, turn, number) for number in range(FILES)])
            sender.start()
            time.sleep(chance.uniform(0.05, 2.0))
            kind = KINDS[turn % len(KINDS)]
            # Every other time around, what was killed alone comes back by itself; else the power fails soon after.
            power_fails = kind == "supervisor" or turn // len(KINDS) % 2 == 1
            known = processes(server)
            assert set(working_in(data)), "processes are no longer found by their environment"
            killed[kind] += _kill_one(server, kind, chance)
            if power_fails:
                time.sleep(chance.uniform(0.0, 0.5))
                for process in known + processes(server) if kind != "supervisor" else []:
                    process.kill()
                assert all_gone(known, data) == [], f"outlived the supervisor; the {kind} was killed"
                sender.give_up()
            sender.join(RECOVERY_SECONDS)
            went_on = (
                f"the upload did not go on in turn {turn} after the {kind} was killed: {len(sender.acknowledged)} kept,"
                f" {sender.refused.most_common(5)}, {[one.kind for one in processes(server)]}"
            )
            assert not sender.is_alive(), went_on
            assert power_fails or len(sender.acknowledged) == FILES, (kind, len(sender.acknowledged))
            known += processes(server)
            acknowledged |= sender.acknowledged
        assert all_gone(known, data) == [], f"outlived the supervisor; the {kind} was killed"
        if turn % VERIFY_EVERY == VERIFY_EVERY - 1:
            _verify(data)
    print(dict(killed), len(acknowledged))
    assert sum(killed.values()) == KILLS, killed
    assert len(acknowledged) > KILLS * FILES // 4, "too little was acknowledged to prove anything"
    with serving(data) as server:
        assert _missing(server, acknowledged) == []
        settle(server)
        # Pictures of what was being worked on when the workers died are made all the same.
        assert rows(server, "SELECT count(*) FROM instance WHERE render_state <> 'ready'")[0][0] == 0
    _verify(data)


class _Sender(threading.Thread):
    """Sends the files on four connections, raw, as forms and as ZIPs, until each is acknowledged."""

    def __init__(self, server: Server, files: list[bytes]) -> None:
        super().__init__(daemon=True)
        self._server = server
        fifth = len(files) // 5
        self._loads = [
            [(data, "application/dicom", [data]) for data in files[:fifth]],
            [(data, "application/dicom", [data]) for data in files[fifth : 2 * fifth]],
            [_as_form(files[start : start + 10]) for start in range(2 * fifth, 3 * fifth, 10)],
            [_as_zip(files[start : start + 25]) for start in range(3 * fifth, len(files), 25)],
        ]
        self._over = threading.Event()
        self.acknowledged: set[str] = set()
        self.refused: Counter[str] = Counter()
        """What was answered in place of an acknowledgement."""

    def give_up(self) -> None:
        """Stop sending; the server will not come back."""
        self._over.set()

    def run(self) -> None:
        threads = [threading.Thread(target=self._send, args=(loads,), daemon=True) for loads in self._loads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, loads: list[tuple[bytes, str, list[bytes]]]) -> None:
        waiting = list(reversed(loads))
        while waiting and not self._over.is_set():
            try:
                with contextlib.closing(self._server.connect()) as to:
                    while not self._over.is_set() and waiting and self._acknowledged(to, *waiting[-1]):
                        waiting.pop()
            except (OSError, http.client.HTTPException) as error:
                self.refused[type(error).__name__] += 1
            self._over.wait(0.05)

    def _acknowledged(self, to: http.client.HTTPConnection, body: bytes, kind: str, files: list[bytes]) -> bool:
        to.request("POST", "/api/v1/uploads", body, {"Content-Type": kind})
        response = to.getresponse()
        answer = response.read()
        if response.status != 201:
            # Killed parts are missed for a moment, or an archive is told to be unreadable as its reader died:
            # nothing is promised, and a person sends it again.
            assert response.status >= 500 or b"ended its process" in answer, (response.status, answer)
            self.refused[f"{response.status} {answer[:200]!r}"] += 1
            return False
        told = json.loads(answer)["files"]
        kept = [file["outcome"] in {"accepted", "duplicate"} for file in told]
        self.acknowledged |= {
            hashlib.sha256(data).hexdigest() for data, is_kept in zip(files, kept, strict=False) if is_kept
        }
        return kept == [True] * len(files)


def _as_form(files: list[bytes]) -> tuple[bytes, str, list[bytes]]:
    body, headers = form([(f"{number}.dcm", data) for number, data in enumerate(files)])
    return body, headers["Content-Type"], files


def _as_zip(files: list[bytes]) -> tuple[bytes, str, list[bytes]]:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for number, data in enumerate(files):
            archive.writestr(f"{number}.dcm", data)
    return body.getvalue(), "application/zip", files


def _variant(template: bytes, turn: int, number: int) -> bytes:
    """The same picture as another instance: its UID's last digits are other ones of the same length."""
    uid = str(read_header(template).SOPInstanceUID).encode()
    mark = f"{turn:04}{number:05}".encode()
    return template.replace(uid, uid[: -len(mark)] + mark)


def _kill_one(server: Server, kind: str, chance: random.Random) -> int:
    """Kill one of a kind; they may just be starting."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        candidates = [process for process in processes(server) if process.kind == kind]
        if candidates:
            chance.choice(candidates).kill()
            return 1
        time.sleep(0.02)
    return 0


def _missing(server: Server, hashes: set[str]) -> list[str]:
    missing: list[str] = []
    for batch in _batches(sorted(hashes)):
        with contextlib.closing(server.connect()) as connection:
            connection.request(
                "POST", "/api/v1/uploads/check", json.dumps({"sha256": batch}), {"Content-Type": "application/json"}
            )
            missing += json.loads(connection.getresponse().read())["missing"]
    return missing


def _batches(hashes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(hashes), 1000):
        yield hashes[start : start + 1000]


def _verify(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "verify", "--json"],
        cwd=HOME,
        env=os.environ | {"DICOMGALLERY_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
