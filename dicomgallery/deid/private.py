"""Private elements that PS3.15 Table E.3.10-1 calls safe."""

from functools import lru_cache

from dicomgallery.deid.actions import DATE_VRS, TEXT_VRS, Deed, Rule
from dicomgallery.dicom.private import safe_vrs

OPTION = "retain_safe_private"


@lru_cache(maxsize=1)
def _creators() -> frozenset[tuple[int, str]]:
    return frozenset((group, creator) for group, _, creator in safe_vrs())


def is_safe_creator(tag: int, creator: str) -> bool:
    """Say whether a creator's name stands in the table for this group, and so says nothing of a patient."""
    return (tag >> 16, creator) in _creators()


def rule(tag: int, creator: str, written: str) -> Rule:
    """What is done with a private element of this creator under Retain Safe Private."""
    known = safe_vrs().get((tag >> 16, tag & 0xFF, creator))
    if known is None:
        return Rule(Deed.REMOVE, "E.1-1 C (retain_safe_private): not in Table E.3.10-1", written)
    vr = known or written
    reason = "safe private element (Table E.3.10-1)"
    if written not in (vr, "UN") or vr in DATE_VRS | {"PN", "UN"}:
        return Rule(Deed.REMOVE, "not as Table E.3.10-1 has it", written)
    if vr == "SQ":
        return Rule(Deed.RECURSE if written == "SQ" else Deed.REMOVE, reason, vr)
    if vr == "UI":
        return Rule(Deed.UID, reason, vr)
    if vr in TEXT_VRS:
        return Rule(Deed.KEEP_PLAIN, reason, vr)
    # Bytes that read as text are no numbers, whatever the table calls them.
    deed = {"CS": Deed.KEEP_CODE, "IS": Deed.KEEP_NUMBER, "DS": Deed.KEEP_NUMBER}.get(vr, Deed.KEEP_BYTES)
    return Rule(deed, reason, vr)
