"""Treatment records: sessions of beams, ions and sources, and what is given so far."""

import pytest
from pydicom.dataset import Dataset

from dicomgallery.dicom import radiotherapy, synthetic
from dicomgallery.dicom.treatments import Treatment, treatment_of
from dicomgallery.dicom.vocabulary import kind_name, kind_of
from tests.radiotherapy import as_read, item
from tests.treatments import BEAMS, BRACHY, IONS, SUMMARY, brachy_session, given, session, summary


def read(dataset: Dataset) -> Treatment:
    found = treatment_of(dataset)
    assert found is not None
    return found


def test_a_session_tells_what_each_beam_was_to_give_and_gave() -> None:
    point = item(TreatmentControlPointDate="20240519", TreatmentControlPointTime="091633")
    overridden = [item(OverrideSequence=[item()]), item(), item(OverrideSequence=[item()])]
    dose = item(ReferencedCalculatedDoseReferenceNumber=3, CalculatedDoseReferenceDoseValue="1.98")
    found = read(
        session(
            given(
                1, "116", "116", ControlPointDeliverySequence=[point], ReferencedCalculatedDoseReferenceSequence=[dose]
            ),
            given(2, "90", "41.5", "MACHINE", TreatmentTerminationCode="0714", ControlPointDeliverySequence=overridden),
            plan_uid="1.2.3",
        )
    )

    first, second = found.deliveries
    assert (found.is_summary, found.at, found.machine, found.planned) == (False, "19 May 2024, 09:15", "LINAC 2", 25)
    assert (first.name, first.radiation, first.fraction, first.at) == ("Field 1", "photon", 7, "19 May 2024, 09:16:33")
    assert (first.specified, first.delivered, first.unit, first.is_short) == (116, 116, "MU", False)
    assert [(one.number, one.gy, one.how) for one in first.doses] == [(3, 1.98, "calculated")]
    assert (first.end.status, first.end.verification) == ("normal", "verified with an override")
    assert (second.end.status, second.end.code, second.end.overrides, second.is_short) == ("machine", "0714", 2, True)
    assert found.plans == ("1.2.3",)


def test_a_session_of_ions_names_their_particle() -> None:
    proton = given(1, "5e9", "5e9", RadiationMassNumber=1, RadiationAtomicNumber=1)
    proton.RadiationType, proton.PrimaryDosimeterUnit = "ION", "NP"

    (one,) = read(session(proton, sop_class=IONS)).deliveries

    assert (one.radiation, one.specified, one.unit) == ("proton", 5e9, "particles")


def test_a_session_of_brachytherapy_adds_the_times_of_its_channels() -> None:
    (one,) = read(brachy_session()).deliveries

    assert (one.number, one.kind, one.specified, one.delivered, one.unit) == (1, "vaginal", 120, 90, "s")
    assert (one.is_short, one.end.status) == (True, "operator")


def test_a_summary_tells_how_far_the_treatment_has_come() -> None:
    found = read(summary())

    (group,) = found.groups
    assert (found.is_summary, found.status, found.first, found.latest) == (
        True,
        "on treatment",
        "11 May 2024",
        "12 May 2024",
    )
    assert (group.delivered, group.planned, group.type) == (2, 25, "external beam")
    assert [(one.number, one.at, one.termination) for one in group.fractions] == [
        (1, "11 May 2024", "normal"),
        (2, "12 May 2024", "machine"),
    ]
    assert [(one.description, one.gy, one.how) for one in found.doses] == [("PTV", 4.02, "so far")]


def test_more_beams_than_a_page_bears_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radiotherapy, "MOST", 2)

    found = read(session(*(given(number, "1", "1") for number in range(1, 5))))

    assert len(found.deliveries) == 2
    assert found.left_out == ("Of 4 beams the first 2 are shown.",)


@pytest.mark.parametrize("text", ["", "much", "1e400", "nan", "\\\\", "-", "9" * 300])
def test_no_number_at_all_brings_a_record_down(text: str) -> None:
    one = item(BeamName="Field")
    for tag in (0x30080032, 0x30080036):
        as_read(one, tag, "DS", text.encode())
    as_read(one, 0x30080022, "IS", text.encode())

    (found,) = read(session(one)).deliveries

    assert (found.name, found.is_short, found.fraction) == ("Field", False, None)


def test_no_treatment_record_is_called_an_image_or_a_plan() -> None:
    for sop_class in (BEAMS, BRACHY, SUMMARY, IONS):
        assert kind_name(kind_of(sop_class, has_pixels=False)) == "Treatment record"


def test_what_records_no_treatment_is_no_record() -> None:
    assert treatment_of(synthetic.ct_slice(rows=8, columns=8)) is None
