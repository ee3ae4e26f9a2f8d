"""Which attributes an object of a class must have, by the modules of its IOD (PS3.3 annex A, PS3.5 7.4)."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

DATA: Final = Path(__file__).parent / "data"

_STRICTEST_FIRST: Final = ("1", "1C", "2", "2C", "3")
_USAGES_FIRST: Final = ("M", "C", "U")
_ABBREVIATIONS: Final = frozenset(
    "2d 3d cr ct dvh dx icc ivus lut mpr mr nm oct pet roi rt sc sop sr us uv vl voi xa xrf".split()
)
_SMALL: Final = frozenset({"and", "of"})


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """What a module says of an attribute."""

    module: str
    """In words: "General Image"."""
    type: str
    """1, 1C, 2, 2C or 3."""
    usage: str
    """Of the module in the object: M, C or U."""


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = orjson.loads(gzip.decompress((DATA / "iod_types.json.gz").read_bytes()))
    return tables


def is_known_class(sop_class_uid: str) -> bool:
    """Say whether the IOD of a class is known here."""
    return sop_class_uid in _tables()["sops"]


def entry_for(sop_class_uid: str, tag: int, parents: Sequence[int] = ()) -> TypeEntry | None:
    """Find what the IOD of a class says of an attribute inside these sequences; the strictest of several modules."""
    found = list(_entries(sop_class_uid, (*parents, tag)))
    return min(found, key=_strictness) if found else None


def required_tags(sop_class_uid: str) -> dict[int, str]:
    """Return the top-level attributes of type 1 and 2 in the mandatory modules of a class, with their types."""
    tables = _tables()
    required: dict[int, str] = {}
    for module, usage, _ in tables["iods"].get(tables["sops"].get(sop_class_uid, ""), ()):
        if usage == "M" and module in tables["modules"]:
            for written, entry in tables["pool"][tables["modules"][module]].items():
                type_ = entry if isinstance(entry, str) else entry[0]
                if type_ in ("1", "2"):
                    tag = int(written, 16)
                    required[tag] = min(type_, required.get(tag, type_))
    return required


def _entries(sop_class_uid: str, path: Sequence[int]) -> Iterator[TypeEntry]:
    tables = _tables()
    for module, usage, _ in tables["iods"].get(tables["sops"].get(sop_class_uid, ""), ()):
        index = tables["modules"].get(module)
        type_ = _type_in_pool(tables["pool"], index, path) if index is not None else ""
        if type_:
            yield TypeEntry(module_name(module), type_, usage)


def _type_in_pool(pool: list[dict[str, Any]], index: int | None, path: Sequence[int]) -> str:
    """Follow a path of tags through nested attribute lists; "" when it leaves them."""
    type_ = ""
    for tag in path:
        entry = pool[index].get(f"{tag:08X}") if index is not None else None
        if entry is None:
            return ""
        type_, index = (entry, None) if isinstance(entry, str) else (entry[0], entry[1])
    return type_


def _strictness(entry: TypeEntry) -> tuple[int, int]:
    return _USAGES_FIRST.index(entry.usage), _STRICTEST_FIRST.index(entry.type)


def module_name(identifier: str) -> str:
    """Write "general-image" as "General Image"."""
    words = [word for word in identifier.split("-") if word]
    return " ".join(
        word.upper() if word in _ABBREVIATIONS else word if word in _SMALL else word.capitalize() for word in words
    )
