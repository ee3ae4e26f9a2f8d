"""The content of a Structured Report or Key Object Selection as a tree, for reading (PS3.3 C.17.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, values
from dicomgallery.dicom.codes import Code, code_of, unit_of
from dicomgallery.dicom.values import clean

MOST_ITEMS: Final = 5000
"""A page shows no more; how many are left out is said."""
LONGEST_TEXT: Final = 20_000

_CONTENT: Final = 0x0040A730
_VALUE_TYPE: Final = 0x0040A040
_RELATION: Final = 0x0040A010
_CONCEPT: Final = 0x0040A043
_REFERENCED_ITEM: Final = 0x0040DB73
_REFERENCED_SOPS: Final = 0x00081199


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that an item speaks of."""

    sop_class_uid: str
    sop_uid: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One content item and what hangs under it."""

    kind: str
    """Its Value Type: CONTAINER, TEXT, NUM, CODE, IMAGE, ..."""
    relation: str
    """Its Relationship Type to the item above: CONTAINS, HAS OBS CONTEXT, INFERRED FROM, ..."""
    name: str
    """What the value is of, in the words of its code."""
    concept: Code | None
    value: str
    """For a person; empty where the item only holds others or refers to objects."""
    code: Code | None = None
    """Of a coded value, and of a number its unit."""
    references: tuple[Reference, ...] = ()
    children: tuple["Item", ...] = ()

    @property
    def is_heading(self) -> bool:
        """Say whether it only holds what stands under it."""
        return self.kind == "CONTAINER"


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who has verified the report, and when."""

    name: str
    organization: str
    at: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report as a document."""

    title: str
    is_selection: bool
    """A Key Object Selection: its point is the objects it refers to."""
    is_complete: bool | None
    is_verified: bool | None
    verifiers: tuple[Verifier, ...]
    date: str
    """Of the content, as written; empty when not said."""
    time: str
    items: tuple[Item, ...]
    left_out: int
    """Items beyond the most that are read."""

    def references(self) -> list[Reference]:
        """Every object it speaks of, once, in the order of the text."""
        found: dict[str, Reference] = {}
        for item, _ in walk(self.items):
            for reference in item.references:
                found.setdefault(reference.sop_uid, reference)
        return list(found.values())


def report_of(dataset: Dataset) -> Report | None:
    """Read the document content of a dataset; None when it has none. Whatever the values, nothing is raised."""
    concept = code_of(dataset, _CONCEPT)
    if concept is None and not elements.items(dataset, _CONTENT):
        return None
    reading = _Reading()
    items = reading.under(dataset)
    completion = elements.first(dataset, 0x0040A491).upper()
    verification = elements.first(dataset, 0x0040A493).upper()
    return Report(
        title=concept.meaning if concept and concept.meaning else "Report",
        is_selection=elements.first(dataset, 0x00080016) == "1.2.840.10008.5.1.4.1.1.88.59",
        is_complete={"COMPLETE": True, "PARTIAL": False}.get(completion),
        is_verified={"VERIFIED": True, "UNVERIFIED": False}.get(verification),
        verifiers=tuple(_verifier(item) for item in elements.items(dataset, 0x0040A073)),
        date=clean(elements.first(dataset, 0x00080023)),
        time=clean(elements.first(dataset, 0x00080033)),
        items=items,
        left_out=reading.left_out,
    )


def walk(items: tuple[Item, ...], depth: int = 0) -> Iterator[tuple[Item, int]]:
    """Every item with its depth, in the order of the text."""
    for item in items:
        yield item, depth
        yield from walk(item.children, depth + 1)


def as_text(report: Report) -> str:
    """The report as plain text: an item a line, indented under the one it hangs from."""
    lines = [report.title, "=" * len(report.title)]
    for item, depth in walk(report.items):
        said = ": ".join(part for part in (item.name, item.value) if part) or item.kind.lower()
        told = " ".join(reference.sop_uid for reference in item.references)
        lines.append("  " * depth + said.replace("\n", "\n" + "  " * (depth + 1)) + (f" [{told}]" if told else ""))
    if report.left_out:
        lines.append(f"({report.left_out} more items are not listed.)")
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs; what is empty is left out."""
    return _bare(
        {
            "title": report.title,
            "completion": {True: "complete", False: "partial", None: ""}[report.is_complete],
            "verification": {True: "verified", False: "unverified", None: ""}[report.is_verified],
            "verifiers": [
                _bare({"name": one.name, "organization": one.organization, "at": one.at}) for one in report.verifiers
            ],
            "date": report.date,
            "time": report.time,
            "content": [_item_json(item) for item in report.items],
            "left_out": report.left_out,
        }
    )


def _item_json(item: Item) -> dict[str, Any]:
    return _bare(
        {
            "type": item.kind,
            "relationship": item.relation,
            "name": item.name,
            "concept": _code_json(item.concept),
            "value": item.value,
            "code": _code_json(item.code),
            "references": [
                _bare({"sop_class": one.sop_class_uid, "sop_instance": one.sop_uid, "frames": list(one.frames)})
                for one in item.references
            ],
            "content": [_item_json(child) for child in item.children],
        }
    )


def _code_json(code: Code | None) -> dict[str, str]:
    return {} if code is None else _bare({"value": code.value, "scheme": code.scheme, "meaning": code.meaning})


def _bare(pairs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pairs.items() if value not in ("", [], {}, 0, None)}


class _Reading:
    """Counts what is read, so that no file makes an endless page."""

    def __init__(self) -> None:
        self.count = 0
        self.left_out = 0

    def under(self, holder: Dataset) -> tuple[Item, ...]:
        found: list[Item] = []
        for item in elements.items(holder, _CONTENT):
            self.count += 1
            if self.count > MOST_ITEMS:
                self.left_out += 1
                continue
            found.append(self.item(item))
        return tuple(found)

    def item(self, item: Dataset) -> Item:
        concept = code_of(item, _CONCEPT)
        kind = clean(elements.first(item, _VALUE_TYPE)).upper()
        relation = clean(elements.first(item, _RELATION)).upper()
        name = (concept.meaning or concept.value) if concept else ""
        if not kind and (path := elements.text(item, _REFERENCED_ITEM)):
            # PS3.3 C.17.3.2.5: an item by reference names the place of another in the tree.
            return Item("REFERENCE", relation, name, concept, "See item " + path.replace("\\", "."))
        value, code = _value(item, kind)
        return Item(kind, relation, name, concept, value, code, _references(item), self.under(item))


def _value(item: Dataset, kind: str) -> tuple[str, Code | None]:
    """What an item says, for a person, and the code of it or of its unit (PS3.3 C.17.3.2.1)."""
    match kind:
        case "NUM":
            return _number(item)
        case "CODE":
            code = code_of(item, 0x0040A168)
            return (code.meaning or code.value if code else ""), code
        case "PNAME":
            return values.person_name(clean(elements.text(item, 0x0040A123))), None
        case "DATE":
            return values.display_date(clean(elements.first(item, 0x0040A121))), None
        case "TIME":
            return values.display_time(clean(elements.first(item, 0x0040A122))), None
        case "DATETIME":
            return values.display_datetime(clean(elements.first(item, 0x0040A120))), None
        case "UIDREF":
            return clean(elements.first(item, 0x0040A124)), None
        case "SCOORD" | "SCOORD3D":
            return _points(item, kind), None
        case "TCOORD":
            return clean(elements.first(item, 0x0040A130)).lower(), None
        case "TEXT":
            return _long(elements.text(item, 0x0040A160)), None
    return "", None


def _number(item: Dataset) -> tuple[str, Code | None]:
    for measured in elements.items(item, 0x0040A300)[:1]:
        unit = code_of(measured, 0x004008EA)
        number = clean(elements.first(measured, 0x0040A30A))
        return " ".join(part for part in (number, unit_of(unit)) if part), unit
    why = code_of(item, 0x0040A301)
    return (why.meaning if why and why.meaning else "no value"), None


def _points(item: Dataset, kind: str) -> str:
    """The form of a region and how many points it has."""
    form = clean(elements.first(item, 0x00700023)).lower()
    count = len(elements.numbers(item, 0x00700022)) // (3 if kind == "SCOORD3D" else 2)
    return f"{form}, {count} point{'' if count == 1 else 's'}" if form else ""


def _references(item: Dataset) -> tuple[Reference, ...]:
    found = []
    for sop in elements.items(item, _REFERENCED_SOPS):
        uid = clean(elements.first(sop, 0x00081155))
        if uid:
            frames = tuple(int(number) for number in elements.numbers(sop, 0x00081160)[:1000] if 0 < number < 1e7)
            found.append(Reference(clean(elements.first(sop, 0x00081150)), uid, frames))
    return tuple(found)


def _verifier(item: Dataset) -> Verifier:
    return Verifier(
        values.person_name(clean(elements.text(item, 0x0040A075))),
        clean(elements.text(item, 0x0040A027)),
        values.display_datetime(clean(elements.first(item, 0x0040A030))),
    )


def _long(text: str) -> str:
    """A text of several lines, without padding; longer ones than a page bears are cut."""
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip(" \n")
    safe = elements.storable(lines)
    return safe if len(safe) <= LONGEST_TEXT else safe[:LONGEST_TEXT] + " …"
