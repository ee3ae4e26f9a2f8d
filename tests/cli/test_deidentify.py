"""`flask deidentify`, as somebody types it."""

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from pydicom import dcmread

from dicomgallery.dicom import synthetic

NAME = "Halvorsund"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three slices, a secondary capture, something that is no DICOM and something cut short."""
    root = tmp_path / "in"
    (root / NAME / "deeper").mkdir(parents=True)
    for number in (1, 2, 3):
        dataset = synthetic.ct_slice(number, rows=16, columns=16)
        dataset.PatientName, dataset.PatientID = f"{NAME}^Mireille", "5518203R"
        (root / NAME / f"{NAME}_{number}.dcm").write_bytes(synthetic.as_bytes(dataset))
    capture = synthetic.as_bytes(synthetic.secondary_capture(16, 16))
    (root / NAME / "deeper" / "capture").write_bytes(capture)
    (root / "notes.txt").write_text("This is no DICOM file.")
    (root / "short.dcm").write_bytes(capture[:-100])
    return root


def deidentified(app: Flask, *arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["deidentify", *map(str, arguments)])


def test_a_folder_comes_out_without_identity_and_every_file_is_accounted_for(
    app: Flask, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    result = deidentified(app, folder, out)

    assert result.exit_code == 1, "one file failed and one waits"
    assert "3 files written" in result.stdout
    assert "1 in quarantine, 1 left out, 1 failed" in result.stdout
    assert "secondary capture" in result.stdout
    made = sorted(path for path in out.rglob("*.dcm"))
    assert len(made) == 4
    assert "quarantine" in (out / "quarantine" / "reasons.csv").read_text()
    for path in made:
        assert NAME.lower() not in str(path.relative_to(out)).lower()
        assert NAME.encode() not in path.read_bytes()
        assert dcmread(path).PatientIdentityRemoved == "YES"
    assert NAME not in result.output
    assert not list(out.glob(".deidentify-*")), "nothing is left of the work"


def test_another_run_gives_the_same_files_and_another_secret_gives_others(
    app: Flask, folder: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / name for name in ("one", "two", "other")]
    deidentified(app, folder, outs[0], "--burned-in", "keep")
    deidentified(app, folder, outs[1], "--burned-in", "keep")
    other = tmp_path / "keys" / "other.secret"
    deidentified(app, folder, outs[2], "--burned-in", "keep", "--secret-file", other)

    one, two, three = ({path.name: path.read_bytes() for path in out.rglob("*.dcm")} for out in outs)

    assert one == two
    assert len(one) == 4
    assert set(one).isdisjoint(three)
    assert stat.S_IMODE(other.stat().st_mode) == 0o600


def test_profiles_lists_and_json_are_taken_from_files(app: Flask, folder: Path, tmp_path: Path) -> None:
    profile, listed = tmp_path / "profile.json", tmp_path / "list.csv"
    profile.write_text('{"name": "trial", "version": 2, "options": ["retain_full_dates"]}')
    listed.write_text("5518203R,P-001\n")
    out = tmp_path / "out"

    result = deidentified(
        app, folder / NAME, out, "--profile", profile, "--pseudonyms", listed, "--option", "clean_desc", "--json"
    )

    said = json.loads(result.stdout)
    assert (said["written"], said["quarantined"], said["failed"]) == (3, 1, 0)
    made = dcmread(next((out / "P-001").rglob("*.dcm")))
    assert made.PatientID == "P-001"
    assert made.StudyDate == "20240519"
    assert made.DeidentificationMethod == "PS3.15 E.1-1; profile trial version 2"
    assert made.StudyDescription == "CT CHEST WITH CONTRAST"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "strict"], "no such profile"),
        (["--option", "retain_all"], "no option 'retain_all'"),
        (["--pattern", "PATIENT"], "{hash}"),
        (["--option", "clean_pixel", "--burned-in", "keep"], "contradict"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused_before_anything_is_written(
    app: Flask, folder: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    result = deidentified(app, folder, tmp_path / "out", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr
    assert not list(tmp_path.glob("out/*"))


def test_a_folder_that_holds_something_or_lies_inside_is_not_written_to(
    app: Flask, folder: Path, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")

    assert "not empty" in deidentified(app, folder, full).stderr
    assert "must not lie in" in deidentified(app, folder, folder / "out").stderr
    assert not (folder / "out").exists()
    assert [path.name for path in full.iterdir()] == ["mine.txt"]


def test_ultrasound_is_blanked_outside_its_regions_and_says_so(app: Flask, tmp_path: Path) -> None:
    dataset = synthetic.us_cine(1, 64, 96)
    region = type(dataset)()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 10, 20
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 80, 60
    dataset.SequenceOfUltrasoundRegions = [region]
    dataset.PixelData = b"\x80" * len(dataset.PixelData)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "us").write_bytes(synthetic.as_bytes(dataset))

    result = deidentified(app, tmp_path / "in", tmp_path / "out", "--burned-in", "blank")

    assert result.exit_code == 0
    made = dcmread(next((tmp_path / "out").rglob("*.dcm")))
    assert not made.pixel_array[:20].any()
    assert (made.pixel_array[20:61, 10:81] == 0x80).all()
    assert "113101" in [item.CodeValue for item in made.DeidentificationMethodCodeSequence]


def test_links_and_what_is_no_plain_file_are_left_out_and_counted(app: Flask, folder: Path, tmp_path: Path) -> None:
    (folder / "notes.txt").unlink()
    (folder / "short.dcm").write_bytes(b"")
    (folder / "a link").symlink_to(folder / NAME / f"{NAME}_1.dcm")
    (folder / "a folder").symlink_to(tmp_path)
    os.mkfifo(folder / "a pipe")

    result = deidentified(app, folder, tmp_path / "out", "--burned-in", "keep", "--json")

    told = json.loads(result.stdout)
    assert (told["written"], told["left_out"], told["failed"]) == (4, 4, 0)
    assert sorted(one["detail"] for one in told["files"]) == [
        "It is a link; links are not followed.",
        "It is a link; links are not followed.",
        "It is empty.",
        "It is no plain file.",
    ]


def test_what_waits_for_a_person_says_what_else_was_found(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    capture = synthetic.secondary_capture(16, 16)
    capture.PatientName = f"{NAME}^Mireille"
    capture.PixelData = NAME.encode() + capture.PixelData[len(NAME) :]
    (tmp_path / "in" / "capture").write_bytes(synthetic.as_bytes(capture))

    result = deidentified(app, tmp_path / "in", tmp_path / "out")

    reasons = (tmp_path / "out" / "quarantine" / "reasons.csv").read_text()
    assert result.exit_code == 1
    assert "secondary capture" in reasons
    assert "name of (0010,0010) in " in reasons


def test_no_patient_is_called_as_the_folder_of_what_waits(app: Flask, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("5518203R,Quarantine\n")

    result = deidentified(app, folder, tmp_path / "out", "--pseudonyms", tmp_path / "list.csv")

    assert result.exit_code == 2
    assert "No patient can be called" in result.output


def test_pixel_data_that_cannot_be_searched_wait_for_a_person(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    dataset = synthetic.ct_slice(1, rows=16, columns=16)
    del dataset.Rows
    (tmp_path / "in" / "one").write_bytes(synthetic.as_bytes(dataset))

    result = deidentified(app, tmp_path / "in", tmp_path / "out", "--burned-in", "blank", "--json")

    assert json.loads(result.stdout)["quarantined"] == 1
    assert "none was searched" in result.stdout
