"""Radiotherapy plans: prescriptions, fractions, beams and their angles, brachytherapy."""

from pathlib import Path

import pydicom.data
import pytest
from pydicom.dataset import Dataset

from dicomgallery.dicom import radiotherapy, synthetic
from dicomgallery.dicom.beams import Beam
from dicomgallery.dicom.plans import Plan, plan_of
from dicomgallery.dicom.reader import read_header
from tests.radiotherapy import ION_PLAN, as_read, beam, item, plan

PACKAGED = Path(pydicom.data.__file__).parent / "test_files"


def read(dataset: Dataset) -> Plan:
    found = plan_of(dataset)
    assert found is not None
    return found


def only(one: Dataset) -> Beam:
    return read(plan(one)).beams[0]


def test_the_packaged_plan_is_read_as_a_sheet() -> None:
    found = read(read_header(PACKAGED / "rtplan.dcm"))

    assert (found.label, found.geometry, found.approval, found.positions) == (
        "Plan1",
        "patient",
        "unapproved",
        ("HFS",),
    )
    assert found.prescriptions[0].doses == (("organ at most", "75 Gy"), ("delivery at most", "75 Gy"))
    assert (found.prescriptions[1].type, found.prescriptions[1].doses) == ("target", (("prescribed", "30.83 Gy"),))
    (group,) = found.groups
    assert (group.fractions, group.beams[0].dose_gy, group.beams[0].meterset) == (30, 1.0275401, 116.0036697)
    (one,) = found.beams
    assert (one.name, one.type, one.radiation, one.energy, one.machine) == (
        "Field 1",
        "static",
        "photon",
        "6 MV",
        "unit001",
    )
    assert (one.gantry, one.turn, one.direction, one.control_points) == (0, 0, "", 2)
    assert [device.words for device in one.devices] == ["X -100 to 100 mm", "Y -100 to 100 mm"]
    assert found.structure_sets == ("1.2.333.444.55.6.7777.88888",)


@pytest.mark.parametrize(
    ("stands", "stop", "turn", "direction"),
    [
        ([(90, "NONE"), (90, "NONE")], 90, 0, ""),
        ([(181, "CW"), (300, "CW"), (60, "NONE")], 60, 239, "clockwise"),
        ([(179, "CC"), (90, "CC"), (330, "NONE")], 330, -209, "counter-clockwise"),
        ([(350, "CW"), (None, "CW"), (10, "NONE")], 10, 20, "clockwise"),
        ([(-10, "NONE")], 350, 0, ""),
    ],
)
def test_the_way_of_the_gantry_is_told_from_its_control_points(
    stands: list[tuple[float | None, str]], stop: float, turn: float, direction: str
) -> None:
    one = only(beam(1, "Arc", *stands))

    assert (one.gantry_stop, one.turn, one.direction) == (stop, turn, direction)


def test_angles_come_without_the_dust_of_a_computation() -> None:
    assert only(beam(1, "Field", (359.9999, "NONE"))).gantry == 0
    assert only(beam(1, "Field", (0, "NONE"))).collimator == 0


def test_leaves_and_what_lies_in_the_beam_are_named() -> None:
    devices = [item(RTBeamLimitingDeviceType="MLCX", NumberOfLeafJawPairs="60")]
    one = only(beam(1, "Field", (0, "NONE"), NumberOfWedges=1, NumberOfBoli=2, BeamLimitingDeviceSequence=devices))

    assert [device.words for device in one.devices] == ["MLCX, 60 pairs of leaves"]
    assert one.modifiers == ("1 wedge", "2 boluses")


def test_the_beams_of_an_ion_plan_are_read_with_their_particle() -> None:
    proton = {
        "RadiationType": "ION",
        "RadiationMassNumber": 1,
        "RadiationAtomicNumber": 1,
        "PrimaryDosimeterUnit": "NP",
    }
    carbon = {"RadiationType": "ION", "RadiationMassNumber": 12, "RadiationAtomicNumber": 6}
    found = read(
        plan(
            beam(1, "One", (90, "NONE"), ion=True, **proton),
            beam(2, "Two", (0, "NONE"), ion=True, **carbon),
            sop_class=ION_PLAN,
        )
    )

    assert [(one.radiation, one.energy) for one in found.beams] == [("proton", "6 MeV"), ("carbon", "6 MeV/u")]
    assert found.beams[0].meterset_unit == "particles"


def test_brachytherapy_is_told_by_its_setups() -> None:
    channels = [item(ChannelNumber=number, ChannelTotalTime="60.5") for number in (1, 2)]
    setup = item(
        ApplicationSetupNumber=1,
        ApplicationSetupType="ENDORECTAL",
        TotalReferenceAirKerma="412",
        ChannelSequence=channels,
    )
    found = read(
        plan(
            ApplicationSetupSequence=[setup],
            BrachyTreatmentType="HDR",
            BrachyTreatmentTechnique="INTRACAVITARY",
            SourceSequence=[item(SourceIsotopeName="Ir-192")],
        )
    )

    (one,) = found.setups
    assert (one.type, one.channels, one.seconds, one.air_kerma) == ("endorectal", 2, 121, 412)
    assert (found.technique, found.sources) == ("hdr intracavitary", ("Ir-192",))


def test_more_beams_than_a_page_bears_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radiotherapy, "MOST", 2)

    found = read(plan(*(beam(number, "Field", (0, "NONE")) for number in range(1, 5))))

    assert len(found.beams) == 2
    assert found.left_out == ("Of 4 beams the first 2 are shown.",)


@pytest.mark.parametrize("text", ["", "much", "1e400", "nan", "\\\\", "-", "9" * 300])
def test_no_number_at_all_brings_a_plan_down(text: str) -> None:
    point = Dataset()
    for tag in (0x300A011E, 0x300A0114, 0x300A0120, 0x300A0122):
        as_read(point, tag, "DS", text.encode())
    one = item(BeamName="Field", ControlPointSequence=[point, point])
    as_read(one, 0x300A00C0, "IS", text.encode())

    found = read(plan(item(BeamNumber=1), BeamSequence=[one]))

    assert found.beams[0].name == "Field"
    assert found.beams[0].gantry is None or 0 <= found.beams[0].gantry < 360


def test_what_plans_nothing_is_no_plan() -> None:
    assert plan_of(synthetic.ct_slice(rows=8, columns=8)) is None
