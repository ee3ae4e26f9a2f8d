"""Unique identifiers: making them, checking them, and the names of the known ones (PS3.5 chapter 9, PS3.6 annex A)."""

import hashlib
import re
import uuid
from typing import Final
from urllib.parse import quote

from pydicom._uid_dict import UID_dictionary

_WELL_FORMED: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")

_LATER: Final = {"1.2.840.10008.5.1.4.1.1.66.7": "Label Map Segmentation Storage"}
"""Registered after the dictionary was made."""
IMPLEMENTATION_CLASS_UID: Final = "2.25.246178264914021863201546398125674139870"
"""Written as (0002,0012) into files that this program makes."""


def is_valid(uid: str) -> bool:
    """Say whether `uid` obeys PS3.5 9.1: digits and dots, at most 64 of them, no leading zeros."""
    return len(uid) <= 64 and _WELL_FORMED.fullmatch(uid) is not None


def stable_uid(seed: bytes) -> str:
    """Make the same UID from the same seed, for ever; under 2.25 (PS3.5 B.2) and not traceable to the seed."""
    digest = hashlib.sha256(seed).digest()[:16]
    return f"2.25.{uuid.UUID(bytes=digest, version=4).int}"


def new_uid() -> str:
    """Make a UID nobody has seen (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def path_of(study_uid: str, series_uid: str | None = None, sop_uid: str | None = None) -> str:
    """The path of a study, a series or an instance below a DICOMweb service (PS3.18 10.1.1)."""
    uids = zip(("studies", "series", "instances"), (study_uid, series_uid, sop_uid), strict=True)
    return "/".join(f"{word}/{quote(uid)}" for word, uid in uids if uid is not None)


def name_of(uid: str) -> str:
    """Name a registered UID, e.g. "CT Image Storage"; any other comes back as it is."""
    known = UID_dictionary.get(uid)
    return str(known[0]) if known else _LATER.get(uid, uid)
