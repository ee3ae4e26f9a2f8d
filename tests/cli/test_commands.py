"""The commands, as somebody types them."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from dicomgallery.dicom import synthetic
from dicomgallery.models import AuditEvent, Collection, Instance, Receipt, Series, db, transaction
from tests.conftest import Gallery

CT = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(3, 32, 32)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as people have them: nested, with something that is no DICOM, and a ZIP."""
    root = tmp_path / "drop"
    (root / "nested" / "deeper").mkdir(parents=True)
    (root / "one.dcm").write_bytes(CT[0])
    (root / "nested" / "deeper" / "two").write_bytes(CT[1])
    (root / "notes.txt").write_text("This is no DICOM file.")
    with zipfile.ZipFile(root / "three.zip", "w") as archive:
        archive.writestr("inside/three.dcm", CT[2])
    return root


def flask(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments))


def test_a_folder_is_taken_in_with_every_file_accounted_for(app: Flask, folder: Path) -> None:
    result = flask(app, "ingest", str(folder))

    assert result.exit_code == 1, "one file was not taken"
    assert "3 files stored, 0 here already, 1 rejected" in result.stdout
    assert "drop/notes.txt: This is not a DICOM file" in result.stdout
    with app.app_context():
        assert sorted(db.session.scalars(select(Instance.file_name))) == [
            "drop/nested/deeper/two",
            "drop/one.dcm",
            "inside/three.dcm",
        ]
        assert db.session.scalars(select(Receipt.origin)).one() == "cli"
    again = flask(app, "ingest", str(folder / "one.dcm"))
    assert again.exit_code == 0
    assert "0 files stored, 1 here already, 0 rejected" in again.stdout


def test_a_program_gets_json_and_nothing_else(app: Flask, folder: Path) -> None:
    result = flask(app, "ingest", str(folder), "--json", "--collection", "研究")

    told = json.loads(result.stdout)
    assert (told["accepted"], told["duplicate"], told["rejected"]) == (3, 0, 1)
    assert told["files"][0]["name"] == "drop/notes.txt"
    assert told["files"][0]["reason"] == "invalid_type"
    with app.app_context():
        assert db.session.scalars(select(Collection.name)).all() == ["研究"]


def test_a_path_that_is_not_there_is_said_at_once(app: Flask) -> None:
    result = flask(app, "ingest", "/no/such/path")

    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_a_file_nobody_may_read_is_rejected_and_the_rest_taken(app: Flask, folder: Path) -> None:
    (folder / "dangling.dcm").symlink_to("nowhere")

    result = flask(app, "ingest", str(folder), "--json")

    told = json.loads(result.stdout)
    assert told["accepted"] == 3
    assert {item["name"]: item["reason"] for item in told["files"]}["drop/dangling.dcm"] == "unreadable"


def test_the_demo_fills_an_empty_gallery(app: Flask) -> None:
    result = flask(app, "demo", "--slices", "2")

    assert result.exit_code == 0, result.output
    with app.app_context():
        assert len(db.session.scalars(select(Series.id)).all()) > 20


def test_the_demo_as_a_zip_leaves_the_gallery_alone(app: Flask, tmp_path: Path) -> None:
    target = tmp_path / "demo.zip"

    result = flask(app, "demo", "--zip", str(target), "--slices", "3")

    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(target) as archive:
        assert len(archive.namelist()) == 3
        assert archive.testzip() is None
    with app.app_context():
        assert not db.session.scalars(select(Instance.id)).all()


def test_verify_says_clean_then_what_is_wrong_then_mends_it(app: Flask, gallery: Gallery) -> None:
    gallery.ingest(*CT)
    gallery.work()
    assert flask(app, "verify").exit_code == 0
    with transaction() as session:
        session.execute(update(Series).values(instance_count=7))

    found = flask(app, "verify", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["wrong"]["wrong_counters"]["count"] >= 1
    plain = flask(app, "verify")
    assert plain.exit_code == 1
    assert "counts that are wrong" in plain.stdout
    assert "Something is wrong" in plain.stdout

    mended = flask(app, "verify", "--repair", "--json")
    assert mended.exit_code == 0, mended.output
    assert json.loads(mended.stdout)["left"]["clean"] is True
    assert flask(app, "verify").exit_code == 0


def test_what_cannot_be_mended_still_ends_with_one(app: Flask, gallery: Gallery) -> None:
    gallery.ingest(*CT)
    gallery.work()
    next((gallery.settings.data / "blobs").rglob("?" * 64)).unlink()

    result = flask(app, "verify", "--repair")

    assert result.exit_code == 1
    assert "lost their file; send the files again" in result.stdout.replace("image lost its", "images lost their")


def test_verify_that_cannot_look_ends_with_two(app: Flask) -> None:
    with sqlite3.connect(app.config["GALLERY"].data / "gallery.db") as connection:
        connection.execute("ALTER TABLE instance RENAME TO elsewhere")

    result = flask(app, "verify")

    assert result.exit_code == 2
    assert "cannot be read" in result.output
    assert "SELECT" not in result.output


def test_sweep_and_rebuild_say_what_they_did(app: Flask, gallery: Gallery) -> None:
    gallery.ingest(*CT)
    gallery.work()
    stray = gallery.settings.data / "blobs" / "ab" / ("ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"stray")
    os.utime(stray, (time.time() - 7200,) * 2)

    assert "Removed 1 stray file (5 bytes)" in flask(app, "sweep").stdout
    assert not stray.exists()
    assert "3 images will get a new thumbnail" in flask(app, "rebuild-pictures").stdout
    gallery.work()
    assert flask(app, "verify").exit_code == 0
    db.session.rollback()
    assert "system" in db.session.scalars(select(AuditEvent.actor_id)).all()


def test_stats_for_people_and_programs(app: Flask, gallery: Gallery) -> None:
    gallery.ingest(*CT)

    told = json.loads(flask(app, "stats", "--json").stdout)
    assert (told["images"], told["series"], told["image_bytes"]) == (3, 1, sum(len(data) for data in CT))
    plain = flask(app, "stats").stdout.splitlines()
    assert len(plain) == len(told)
    assert plain[0].split() == ["patients", "1"]


def test_every_command_explains_itself(app: Flask) -> None:
    for name in ("ingest", "demo", "verify", "rebuild-pictures", "sweep", "stats", "worker"):
        result = flask(app, name, "--help")
        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) > 4


def test_a_worker_does_what_waits_and_ends_when_told(app: Flask, gallery: Gallery) -> None:
    gallery.ingest(*CT)
    environment = os.environ | {"DICOMGALLERY_DATA": str(gallery.settings.data)}
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as worker:
        try:
            end = time.monotonic() + 60
            states = ["pending"]
            while set(states) != {"ready"} and time.monotonic() < end:
                time.sleep(0.1)
                db.session.rollback()
                states = list(db.session.scalars(select(Instance.render_state)))
        finally:
            worker.terminate()
            worker.wait(20)

    assert states == ["ready"] * 3
