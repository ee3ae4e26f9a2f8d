"""Every element of a file as rows under their groups, private ones under their creator."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from flask import url_for

from dicomgallery.access import Scope
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.models import Instance
from dicomgallery.web import explaining
from dicomgallery.web.explaining import ShownExplanation, key_of
from dicomgallery.web.makers import Maker, makers_of

USUAL_ROWS = 1500
"""A page with more takes a second to show; it is asked for by `rows=all`."""
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class TagRow:
    """One row: an element, or the head of an item in a sequence."""

    key: str
    """Unique in the page, fit for an id."""
    path: str
    """From the top, as the editor is told of it."""
    tag: str
    name: str
    vr: str = ""
    value: str = ""
    raw: str = ""
    depth: int = 0
    type: str = ""
    private: bool = False
    safe: bool = False
    keyword: str = ""
    kind: str = "value"
    identity: bool = False
    explain_href: str = ""
    explanation: ShownExplanation | None = None


@dataclass(slots=True)
class TagGroup:
    """Rows under one heading."""

    number: str
    name: str
    private: bool
    known: bool = False
    rows: list[TagRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TagTable:
    """The groups of a file; `count` elements in all, of which `left_out` are not listed."""

    groups: Sequence[TagGroup]
    count: int
    left_out: int
    makers: Sequence[Maker]
    """Of private elements; none when there are none."""

    @classmethod
    def of(
        cls, found: Sequence[AttributeRow], instance: Instance, *, scope: Scope, explain: str, most: int
    ) -> "TagTable":
        """The table of the first `most` of these elements; that with the key `explain` explained."""
        many = _sequences_of_many(found)
        seen: set[str] = set()
        groups: list[TagGroup] = []
        for row in found[:most]:
            group = _group_for(row, groups)
            group.known = group.known or row.known_private
            group.rows += _item_heads(row, many, seen)
            shown = _row(row, instance)
            if shown.key == explain:
                shown = replace(shown, explanation=explaining.of_row(row, instance, scope=scope))
            group.rows.append(shown)
        left_out = max(0, len(found) - most)
        return cls(groups, len(found), left_out, makers=makers_of(found))


def _group_for(row: AttributeRow, groups: list[TagGroup]) -> TagGroup:
    """The group a row stands in: its own at the top, that of its sequence below."""
    if row.depth and groups:
        return groups[-1]
    number, _, name = row.group.partition(" · ")
    private = bool(row.tag_number >> 16 & 1)
    if private:
        # The element that names a creator stands under what it names.
        name = row.private_creator or (row.value if row.name == "Private Creator" else "")
    known = next((group for group in groups if (group.number, group.name) == (number, name)), None)
    if known is None:
        known = TagGroup(number, name, private)
        groups.append(known)
    elif groups[-1] is not known:
        # Rows of a sequence follow their parent, so the group they belong to must be the last.
        groups.append(groups.pop(groups.index(known)))
    return known


def _row(row: AttributeRow, instance: Instance) -> TagRow:
    private = bool(row.tag_number >> 16 & 1)
    return TagRow(
        key=key_of(row.path),
        path=row.path,
        tag=row.tag,
        name=row.name,
        vr=row.vr,
        value=row.value,
        raw=row.raw,
        depth=2 * row.depth,
        type=explaining.type_of(row, instance),
        private=private,
        safe=row.safe_private,
        keyword=row.keyword,
        kind="sequence" if row.is_sequence else "value",
        identity=explaining.is_identity(row),
        explain_href=url_for("images.explain", image_id=instance.id, key=key_of(row.path)),
    )


def _sequences_of_many(found: Iterable[AttributeRow]) -> set[str]:
    """The paths of sequences with more than one item; their items get a head."""
    return {row.path.rpartition("[1].")[0] for row in found if "[1]." in row.path}


def _item_heads(row: AttributeRow, many: set[str], seen: set[str]) -> Iterator[TagRow]:
    """The head of the item a row is the first of, where its sequence has several."""
    item, dot, _ = row.path.rpartition(".")
    sequence, _, number = item.removesuffix("]").rpartition("[")
    if not dot or sequence not in many or item in seen:
        return
    seen.add(item)
    yield TagRow(
        key=key_of(item), path=item, tag="", name=f"Item {int(number) + 1}", depth=2 * row.depth - 1, kind="item"
    )
