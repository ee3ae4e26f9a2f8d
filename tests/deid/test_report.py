"""A report proves itself: whoever has the public key sees that nothing in it was changed, and it names nobody."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydicom.dataset import Dataset

from dicomgallery.deid import report
from dicomgallery.deid.check import leaks_in
from dicomgallery.deid.report import Outcome, Run, Treated
from dicomgallery.deid.traces import traces_of
from dicomgallery.dicom import reader, synthetic
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import RefusedError

KEY = report.new_key()
PUBLIC = report.public_key(KEY)


def _run() -> Run:
    held = synthetic.as_bytes(synthetic.ct_slice(rows=16, columns=16))
    leaking = leaks_in(held, traces_of(reader.read_frames(held)))
    clean = leaks_in(held, traces_of(Dataset()))
    began, ended = (datetime(2026, 5, 1, hour, tzinfo=UTC) for hour in (8, 9))
    return Run(
        "Basic",
        "3",
        ["retain_uids", "clean_desc"],
        began,
        ended,
        [
            Treated("a" * 64, Outcome.WRITTEN, "b" * 64, {"X": 12, "Z": 3}, clean, [Box(0, 0, 9, 9)], is_reviewed=True),
            Treated("c" * 64, Outcome.QUARANTINED, actions={"X": 1}, leaks=leaking),
            Treated("d" * 64, Outcome.FAILED),
        ],
    )  # fmt: skip


def test_a_signed_report_is_verified_and_counts_what_was_done() -> None:
    held = report.verify(report.signed(_run(), KEY), PUBLIC)
    assert held["profile"] == {
        "name": "Basic",
        "version": "3",
        "options": ["clean_desc", "retain_uids"],
        "overrides": [],
    }
    assert held["counts"]["outcomes"] == {"written": 1, "quarantined": 1, "failed": 1}
    assert held["counts"]["actions"] == {"X": 13, "Z": 3}
    assert (held["counts"]["boxes"], held["counts"]["not searched"]) == (1, 1)
    assert [each.get("leak check", {}).get("clean") for each in held["objects"]] == [True, False, None]
    assert held["objects"][0]["after"] == "b" * 64


def test_the_same_run_gives_the_same_bytes() -> None:
    assert report.signed(_run(), KEY) == report.signed(_run(), KEY)


def test_a_report_holds_nothing_that_identifies() -> None:
    text = report.signed(_run(), KEY).decode()
    dataset = synthetic.ct_slice(rows=16, columns=16)
    for value in (
        dataset.PatientName.family_name,
        dataset.PatientID,
        dataset.StudyInstanceUID,
        dataset.PatientBirthDate,
    ):
        assert str(value) not in text


def _changed(held: dict[str, Any]) -> None:
    held["report"]["counts"]["leaks"] = 0


def _unsigned(held: dict[str, Any]) -> None:
    del held["signature"]


def _emptied(held: dict[str, Any]) -> None:
    held["signature"]["value"] = "!"


def _renamed(held: dict[str, Any]) -> None:
    held["signature"]["algorithm"] = "none"


@pytest.mark.parametrize("change", [_changed, _unsigned, _emptied, _renamed])
def test_a_report_that_was_changed_is_not_trusted(change: Any) -> None:
    held = json.loads(report.signed(_run(), KEY))
    change(held)
    with pytest.raises(RefusedError):
        report.verify(json.dumps(held).encode(), PUBLIC)


def test_the_layout_of_the_json_does_not_matter_but_a_key_that_comes_twice_does() -> None:
    made = report.signed(_run(), KEY)
    assert report.verify(json.dumps(json.loads(made), indent=2).encode(), PUBLIC)["format"] == report.FORMAT
    twice = made.replace(b'"version":1}', b'"version":1,"version":1}', 1)
    assert twice != made
    with pytest.raises(RefusedError, match="one way"):
        report.verify(twice, PUBLIC)


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"report":NaN}', b'{"report":{}, "signature":{}}']
)
def test_what_is_no_report_is_refused_in_words(sent: bytes) -> None:
    with pytest.raises(RefusedError):
        report.verify(sent, PUBLIC)


def test_another_key_and_what_is_no_key_are_told_apart() -> None:
    made = report.signed(_run(), KEY)
    with pytest.raises(RefusedError, match="another key"):
        report.verify(made, report.public_key(report.new_key()))
    with pytest.raises(RefusedError, match="no Ed25519 key"):
        report.verify(made, b"no key")
    with pytest.raises(RefusedError, match="no Ed25519 key"):
        report.signed(_run(), b"no key")
