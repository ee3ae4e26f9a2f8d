"""Identity planted anywhere is found nowhere afterwards."""

from io import BytesIO
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicomgallery.deid.engine import Engine
from dicomgallery.deid.profile import BASIC
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom import synthetic
from tests.deid.planting import CLASSES, Planter

ENGINES = {
    options: Engine(BASIC.with_options(*options), Pseudonyms(b"a secret of the tests"))
    for options in [
        (),
        ("clean_desc", "clean_struct", "clean_graph"),
        ("retain_safe_private",),
        ("retain_institution", "retain_patient_chars"),
    ]
}
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
planting = given(
    seed=st.integers(0, 2**32),
    sop_class=st.sampled_from(CLASSES),
    syntax=st.sampled_from(SYNTAXES),
    options=st.sampled_from(list(ENGINES)),
)
unhurried = [HealthCheck.too_slow]


def nothing_is_found_again(seed: int, sop_class: str, syntax: UID, options: tuple[str, ...]) -> None:
    planted = Planter(Random(seed)).planted(sop_class)
    synthetic.as_bytes(planted.dataset)
    planted.dataset.file_meta.TransferSyntaxUID = syntax
    data = synthetic.as_bytes(planted.dataset)
    assert syntax == DeflatedExplicitVRLittleEndian or len(planted.found_in(data)) > 3

    done = ENGINES[options].deidentify(data)

    made = b"".join(done.chunks())
    assert planted.found_in(made) == []
    again = dcmread(BytesIO(made))
    assert again.PatientIdentityRemoved == "YES"
    assert again.PatientID == again.PatientName == done.subject
    assert again.file_meta.MediaStorageSOPInstanceUID == again.SOPInstanceUID == done.sop_instance_uid
    assert again.PixelData == planted.dataset.PixelData


@settings(max_examples=150, deadline=None, suppress_health_check=unhurried)
@planting
# A name as the bytes of numbers, in a private element that the standard calls safe.
@example(653, "1.2.840.10008.5.1.4.1.1.1", ImplicitVRLittleEndian, ("retain_safe_private",))
def test_identity_planted_anywhere_is_found_nowhere(
    seed: int, sop_class: str, syntax: UID, options: tuple[str, ...]
) -> None:
    nothing_is_found_again(seed, sop_class, syntax, options)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=unhurried)
@planting
def test_identity_planted_anywhere_is_found_nowhere_in_thousands(
    seed: int, sop_class: str, syntax: UID, options: tuple[str, ...]
) -> None:
    nothing_is_found_again(seed, sop_class, syntax, options)
