"""Who made the private elements of a file, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dicomgallery.dicom import private
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.web.explaining import key_of


@dataclass(slots=True)
class Maker:
    """A creator in one group, at any depth."""

    creator: str
    """Empty where nobody reserved the block (PS3.5 7.8.1)."""
    group: str
    key: str
    """Of the first row of it."""
    known: int = 0
    """Elements that the private dictionary or PS3.15 names."""
    unknown: int = 0
    safe: int = 0
    """Those that PS3.15 calls free of identity."""

    @property
    def count(self) -> int:
        """All its elements, the one that names it not among them."""
        return self.known + self.unknown


def makers_of(found: Sequence[AttributeRow]) -> list[Maker]:
    """The creators of the private elements of a file, in the order they come."""
    makers: dict[tuple[str, str], Maker] = {}
    for row in found:
        if not private.is_private(row.tag_number):
            continue
        is_creator = private.is_creator(row.tag_number)
        creator, group = row.value if is_creator else row.private_creator, row.tag[:4]
        maker = makers.setdefault((group, creator), Maker(creator, group, key_of(row.path)))
        if is_creator:
            continue
        if row.known_private or row.safe_private:
            maker.known += 1
        else:
            maker.unknown += 1
        maker.safe += row.safe_private
    return list(makers.values())
