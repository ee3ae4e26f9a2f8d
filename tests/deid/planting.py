"""Objects with identity planted where chance has it, and the search for it afterwards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from pydicom._dicom_dict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from dicomgallery.dicom import synthetic

STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
CLASSES: Final = tuple(
    STORAGE + end
    for end in (
        "1", "1.1", "1.1.1", "1.2", "1.3", "2", "2.1", "2.2", "3.1", "4", "4.1", "4.2", "6.1", "6.2", "7", "7.1", "7.2",
        "7.3", "7.4", "8.1", "9.1.1", "9.1.2", "9.1.3", "9.4.1", "11.1", "11.2", "12.1", "12.1.1", "12.2", "13.1.1",
        "13.1.3", "20", "30", "66", "66.1", "66.2", "66.3", "66.4", "66.5", "66.6", "67", "68.1", "77.1.1", "77.1.4",
        "77.1.5.1", "77.1.5.4", "77.1.6", "78.1", "79.1", "80.1", "81.1", "88.11", "88.22", "88.33", "88.34", "88.40",
        "88.50", "88.59", "88.65", "88.67", "90.1", "104.1", "104.2", "104.3", "128", "130", "131", "200.2", "481.1",
        "481.2", "481.3", "481.4", "481.5", "481.6", "481.7", "481.8", "481.9", "501.3", "601.1",
    )
)  # fmt: skip
"""The classes of the corpus and their neighbors."""
_TEXT: Final = {"LO", "LT", "SH", "ST", "UC", "UR", "UT", "AE"}
_HOLDING: Final = tuple(
    (tag, entry[0])
    for tag, entry in DicomDictionary.items()
    if tag >> 16 > 8 or tag > 0x00080018
    if entry[0] in _TEXT | {"PN", "DA", "DT", "TM", "UI", "CS", "IS", "OB", "OW", "UN", "AS"}
    if tag >> 16 not in (0x0028, 0x7FE0) and tag not in (0x00080005, 0x00080016)
)
_SEQUENCES: Final = tuple(tag for tag, entry in DicomDictionary.items() if entry[0] == "SQ" and tag >> 16 >= 8)
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_NEW_UID: Final = re.compile(rb"2\.25\.\d+")


@dataclass
class Planted:
    """An object, and the values in it that must not be found again."""

    dataset: Dataset
    values: set[bytes] = field(default_factory=set)

    def found_in(self, data: bytes) -> list[bytes]:
        """The values that stand in bytes, in any case; new UIDs are no place for chance."""
        kept = _NEW_UID.sub(b"", data).lower()
        return sorted(value for value in self.values if value.lower() in kept)


class Planter:
    """Plants the same with the same random numbers."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.name = self.word()
        self.given = self.word()
        self.patient_id = f"{random.randrange(10**6):06d}{self.word()[:3]}"
        self.birth = self.date()
        self.values: set[bytes] = {self._noted(one) for one in (self.name, self.given, self.patient_id, self.birth)}

    @staticmethod
    def _noted(value: str) -> bytes:
        return value.encode("ascii")

    def word(self) -> str:
        """A surname that is no word of anything."""
        return "".join(self.random.choice(_LETTERS) for _ in range(self.random.randrange(6, 10)))

    def date(self) -> str:
        """A day that no dummy has."""
        random = self.random
        return f"{random.randrange(1921, 2024)}{random.randrange(1, 13):02d}{random.randrange(10, 29)}"

    def planted(self, sop_class: str) -> Planted:
        """A picture that calls itself an object of this class, with identity in it."""
        dataset = synthetic.secondary_capture(8, 8)
        dataset.SOPClassUID = sop_class
        dataset.PatientName = f"{self.name}^{self.given}"
        dataset.PatientID = self.patient_id
        dataset.PatientBirthDate = self.birth
        for number in range(self.random.randrange(5, 30)):
            self._plant(dataset, depth=0, number=number)
        return Planted(dataset, self.values)

    def _plant(self, into: Dataset, *, depth: int, number: int) -> None:
        kind = self.random.randrange(10)
        if kind < 2 and depth < 3:
            item = Dataset()
            for inner in range(self.random.randrange(1, 5)):
                self._plant(item, depth=depth + 1, number=inner)
            tag = self.random.choice(_SEQUENCES) if kind else 0x00990000 | 0x1000 + number
            into.add(DataElement(tag, "SQ", Items([item])))
        elif kind == 2:
            self._plant_private(into, number)
        elif kind == 3:
            # No edition of the standard has these.
            self._add(into, 0x00180000 | 0xFE00 + 2 * number, self.random.choice(["LO", "UN", "PN", "UT"]))
        else:
            tag, vr = self.random.choice(_HOLDING)
            self._add(into, tag, vr)

    def _plant_private(self, into: Dataset, number: int) -> None:
        group = self.random.choice([0x0009, 0x0019, 0x0029, 0x0043, 0x2001])
        creator = self.random.choice(["GEMS_PARM_01", "SIEMENS MR HEADER", self.secret()])
        block = 0x10 + number
        into.add(DataElement(group << 16 | block, "LO", creator))
        self._add(into, group << 16 | block << 8 | self.random.randrange(256), self.random.choice(["LO", "UN", "OB"]))

    def _add(self, into: Dataset, tag: int, vr: str) -> None:
        if tag in into:
            return
        into.add(DataElement(tag, vr, self._value(vr)))

    def _value(self, vr: str) -> str | bytes:
        random = self.random
        if vr in ("OB", "OW", "UN"):
            return self._noted(random.choice([self.name, self.patient_id]).ljust(12))
        if vr == "PN":
            return self.secret() + "^" + self.secret()
        if vr == "DA":
            return self.other_date()
        if vr == "DT":
            return self.other_date() + "101112"
        if vr == "TM":
            return random.choice([self.name, "101112"])
        if vr == "UI":
            uid = f"1.2.826.0.1.{random.randrange(10**9, 10**12)}.7"
            self.values.add(uid.encode())
            return uid
        if vr == "CS":
            return random.choice([self.name, self.patient_id])[:16]
        if vr == "IS":
            return self.birth
        if vr == "AS":
            return "057Y"
        parts: Sequence[str] = ["CHEST", self.name, self.given, self.patient_id, self.birth]
        return " ".join(random.sample(parts, 2))[:16]

    def other_date(self) -> str:
        """A day to be noted."""
        day = self.date()
        self.values.add(day.encode())
        return day

    def secret(self) -> str:
        """A word that stands nowhere else, to be noted."""
        word = self.word()
        self.values.add(word.encode())
        return word
