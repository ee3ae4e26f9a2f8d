"""PS3.15 Table E.1-1 as rows: what the standard does to each attribute when identity is removed."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dicomgallery.dicom.iod_types import DATA

OPTIONS: Final = (
    "retain_safe_private",
    "retain_uids",
    "retain_device",
    "retain_institution",
    "retain_patient_chars",
    "retain_long_full_dates",
    "retain_long_modif_dates",
    "clean_desc",
    "clean_struct",
    "clean_graph",
)
"""The option columns, in the order of the table."""

_PRIVATE: Final = "(gggg,eeee) odd"


@dataclass(frozen=True, slots=True)
class DeidRow:
    """One attribute's actions: that of the Basic Profile, and those of the options that say something else."""

    basic: str
    options: dict[str, str]
    is_inferred: bool = False
    """Its options are inferred from like attributes: no edition that could be read has the columns of this row."""


@lru_cache(maxsize=1)
def _table() -> dict[str, DeidRow]:
    with (DATA / "deid_actions.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["tag"]: DeidRow(
                row["basic"],
                {option: row[option] for option in OPTIONS if row[option]},
                row["option_columns"] == "inferred",
            )
            for row in csv.DictReader(file)
        }


def row_for(tag: int) -> DeidRow | None:
    """Find the actions for an attribute; None for one that the table does not name, which is kept."""
    group, element = f"{tag >> 16:04X}", f"{tag & 0xFFFF:04X}"
    if tag >> 16 & 1:
        return _table()[_PRIVATE]
    if found := _table().get(f"({group},{element})"):
        return found
    # Curves and overlays repeat through their groups.
    if group[:2] in ("50", "60") and tag >> 16 & 0xFF < 0x20:
        return _table().get(f"({group[:2]}xx,{element})") or _table().get(f"({group[:2]}xx,xxxx)")
    return None
