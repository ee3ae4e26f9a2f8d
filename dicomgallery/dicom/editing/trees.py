"""A data set as levels of elements: values stay the bytes they are, little endian, until something changes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, rewriting
from dicomgallery.dicom.leaves import pixels_signed
from dicomgallery.dicom.structure import LONG_VRS


@dataclass(frozen=True, slots=True)
class Node:
    """One element: bytes, or the levels of a sequence's items."""

    tag: int
    vr: str
    value: "bytes | tuple[Level, ...]"

    @property
    def items(self) -> "tuple[Level, ...]":
        """The items of a sequence; none of anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def raw(self) -> bytes:
        """The bytes of a value; none of a sequence."""
        return self.value if isinstance(self.value, bytes) else b""


@dataclass(slots=True)
class Level:
    """The elements of a data set or of one item, by their tags."""

    nodes: dict[int, Node] = field(default_factory=dict)
    encodings: tuple[str, ...] = ("iso8859",)
    """Python's names of the character sets that its texts are in."""

    def copy(self) -> "Level":
        """The same once more, to be changed apart."""
        copied = {
            tag: replace(node, value=tuple(item.copy() for item in node.items)) if node.vr == "SQ" else node
            for tag, node in self.nodes.items()
        }
        return Level(copied, self.encodings)

    def __iter__(self) -> Iterator[Node]:
        """The elements in the order of their tags."""
        return (self.nodes[tag] for tag in sorted(self.nodes))

    def text(self, tag: int) -> str:
        """The text of an element without padding; empty when it is absent."""
        node = self.nodes.get(tag)
        return elements.decoded(node.raw, node.vr, self.encodings).strip(" \0") if node is not None else ""

    def put(self, tag: int, vr: str, text: str) -> None:
        """Set a text of the basic character set."""
        self.nodes[tag] = Node(tag, vr, even(text.encode("ascii", "replace"), vr))


def level_of(dataset: Dataset, *, signed: bool = False) -> Level:
    """A data set that was parsed, with all that lies in its sequences."""
    signed = pixels_signed(dataset, signed=signed)
    level = Level({}, tuple(elements.charsets(dataset)))
    for tag in map(int, dataset.keys()):
        found = rewriting.value_of(dataset, tag, signed=signed)
        if found is None or tag & 0xFFFF == 0:
            continue
        vr, value = found
        if isinstance(value, bytes):
            level.nodes[tag] = Node(tag, vr if len(vr) == 2 else "UN", value)
        else:
            level.nodes[tag] = Node(tag, "SQ", tuple(level_of(item, signed=signed) for item in value))
    return level


def written(node: Node) -> bytes:
    """The value of an element as bytes, items of sequences with their lengths told (PS3.5 7.5)."""
    if node.vr != "SQ":
        return node.raw
    return b"".join(rewriting.in_item(b"".join(_element(one) for one in item)) for item in node.items)


def even(value: bytes, vr: str) -> bytes:
    """A value padded to an even length (PS3.5 6.2)."""
    if len(value) % 2 == 0:
        return value
    return value + (b"\0" if vr in {"UI", "OB", "UN"} else b" ")


def nested(levels: Sequence[Level]) -> Iterator[Level]:
    """These levels and every one inside them."""
    for level in levels:
        yield level
        for node in level.nodes.values():
            yield from nested(node.items)


def _element(node: Node) -> bytes:
    # PS3.5 6.2.2: what is too long for its VR in explicit form is UN.
    vr = node.vr if node.vr.encode("ascii", "replace") in LONG_VRS or len(node.raw) <= 0xFFFF else "UN"
    return rewriting.element(node.tag, vr, written(node))
