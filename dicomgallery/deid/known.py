"""Values of one object that identify, as bytes: gathered where they are taken away, looked for in what stays."""

import re
from typing import Final

from pydicom.datadict import tag_for_keyword

from dicomgallery.deid import wording

IDENTIFIERS: Final = frozenset(
    tag
    for word in """
    PatientID OtherPatientIDs AccessionNumber StudyID AdmissionID MedicalRecordLocator ServiceEpisodeID
    ClinicalTrialSubjectID ClinicalTrialSubjectReadingID PlacerOrderNumberImagingServiceRequest
    FillerOrderNumberImagingServiceRequest PlacerOrderNumberProcedure FillerOrderNumberProcedure PatientAddress
    PatientTelephoneNumbers PatientBirthDate RequestAttributesSequence RequestedProcedureID ScheduledProcedureStepID
    PerformedProcedureStepID PersonTelephoneNumbers PersonAddress InstitutionName InstitutionAddress StationName
    DeviceSerialNumber
    """.split()
    if (tag := tag_for_keyword(word)) is not None
)
_SEPARATORS: Final = re.compile(rb"[\^=\\ ,.;/\0]+")
_DAY: Final = re.compile(rb"(?<!\d)[12]\d{7}")
_SHORTEST, _SHORTEST_LOOSE, _LONGEST = 2, 4, 64
_MOST: Final = 2000


class Known:
    """What identifies the patient and others in one object."""

    def __init__(self) -> None:
        self.tokens: set[bytes] = set()

    def note(self, tag: int, vr: str, value: bytes) -> None:
        """Remember the value of an element that goes, when it is a name or an identifier."""
        if len(self.tokens) >= _MOST:
            return
        if vr == "PN":
            self.tokens.update(part for part in _SEPARATORS.split(value.lower()) if len(part) >= _SHORTEST)
        elif vr in ("DA", "DT"):
            self.tokens.update(_DAY.findall(value))
        elif tag in IDENTIFIERS:
            for one in value.lower().split(b"\\"):
                if _SHORTEST_LOOSE <= len(one := one.strip(b" \0")) <= _LONGEST:
                    self.tokens.add(one)

    def pattern(self) -> re.Pattern[bytes] | None:
        """What finds any of them in lower-case bytes: short ones as whole words; None when there is none.

        Words of the vocabulary are left out: a phantom called CT must not cost every CT its modality.
        """
        plain = wording.vocabulary()
        tokens = [token for token in sorted(self.tokens) if not set(token.split()) <= plain]
        loose = [re.escape(token) for token in tokens if len(token) >= _SHORTEST_LOOSE]
        words = [re.escape(token) for token in tokens if len(token) < _SHORTEST_LOOSE]
        parts = loose + [rf"(?<![a-z0-9]){word.decode('latin-1')}(?![a-z0-9])".encode("latin-1") for word in words]
        return re.compile(b"|".join(parts)) if parts else None
