"""Treatment records made for tests."""

from typing import Any, Final

from pydicom.dataset import Dataset

from tests.radiotherapy import PLAN, item

BEAMS: Final = "1.2.840.10008.5.1.4.1.1.481.4"
BRACHY: Final = "1.2.840.10008.5.1.4.1.1.481.6"
SUMMARY: Final = "1.2.840.10008.5.1.4.1.1.481.7"
IONS: Final = "1.2.840.10008.5.1.4.1.1.481.9"


def record(sop_class: str, *, plan_uid: str = "", **values: Any) -> Dataset:
    """A treatment record of a plan."""
    dataset = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=sop_class,
        SOPInstanceUID=f"1.2.826.0.1.3680043.10.9{sop_class[-1]}",
        StudyInstanceUID="1.2.826.0.1.3680043.10.2",
        SeriesInstanceUID="1.2.826.0.1.3680043.10.93",
        Modality="RTRECORD",
        PatientID="P",
        **values,
    )
    if plan_uid:
        dataset.ReferencedRTPlanSequence = [item(ReferencedSOPClassUID=PLAN, ReferencedSOPInstanceUID=plan_uid)]
    return dataset


def session(*beams: Dataset, sop_class: str = BEAMS, plan_uid: str = "", **values: Any) -> Dataset:
    """A session of these beams."""
    found = record(
        sop_class,
        plan_uid=plan_uid,
        TreatmentDate="20240519",
        TreatmentTime="0915",
        NumberOfFractionsPlanned=25,
        TreatmentMachineSequence=[item(TreatmentMachineName="LINAC 2")],
        **values,
    )
    if sop_class == IONS:
        found.TreatmentSessionIonBeamSequence = list(beams)
    else:
        found.TreatmentSessionBeamSequence = list(beams)
    return found


def given(number: int, specified: str, delivered: str, ended: str = "NORMAL", **values: Any) -> Dataset:
    """What one beam was to give and gave."""
    return item(
        ReferencedBeamNumber=number,
        BeamName=f"Field {number}",
        RadiationType="PHOTON",
        PrimaryDosimeterUnit="MU",
        CurrentFractionNumber=7,
        SpecifiedPrimaryMeterset=specified,
        DeliveredPrimaryMeterset=delivered,
        TreatmentTerminationStatus=ended,
        TreatmentVerificationStatus="VERIFIED_OVR",
        **values,
    )


def brachy_session() -> Dataset:
    """One setup of two channels, the second of which stayed open for half its time."""
    channels = [
        item(ChannelNumber=number, SpecifiedChannelTotalTime="60", DeliveredChannelTotalTime=seconds)
        for number, seconds in ((1, "60"), (2, "30"))
    ]
    setup = item(
        ReferencedBrachyApplicationSetupNumber=1,
        ApplicationSetupType="VAGINAL",
        CurrentFractionNumber=2,
        TreatmentTerminationStatus="OPERATOR",
        RecordedChannelSequence=channels,
    )
    return record(BRACHY, TreatmentDate="20240519", TreatmentSessionApplicationSetupSequence=[setup])


def summary() -> Dataset:
    """A treatment of which 2 of 25 fractions are given."""
    fractions = [
        item(ReferencedFractionNumber=number, TreatmentDate=f"2024051{number}", TreatmentTerminationStatus=ended)
        for number, ended in ((1, "NORMAL"), (2, "MACHINE"))
    ]
    group = item(
        ReferencedFractionGroupNumber=1,
        FractionGroupType="EXTERNAL_BEAM",
        NumberOfFractionsPlanned=25,
        NumberOfFractionsDelivered=2,
        FractionStatusSummarySequence=fractions,
    )
    dose = item(ReferencedDoseReferenceNumber=1, DoseReferenceDescription="PTV", CumulativeDoseToDoseReference="4.02")
    return record(
        SUMMARY,
        CurrentTreatmentStatus="ON_TREATMENT",
        FirstTreatmentDate="20240511",
        MostRecentTreatmentDate="20240512",
        FractionGroupSummarySequence=[group],
        TreatmentSummaryCalculatedDoseReferenceSequence=[dose],
    )
