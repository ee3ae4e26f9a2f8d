"""Which planes stand beside each other on the page, and how large."""

from dataclasses import dataclass
from typing import Final

OBLIQUE: Final = "oblique"
USUAL: Final = "three"


@dataclass(frozen=True, slots=True)
class Layout:
    """A choice of planes; as many as there are decide how the room is shared."""

    name: str
    label: str
    planes: tuple[str, ...]


LAYOUTS: Final = {
    one.name: one
    for one in (
        Layout(USUAL, "Three planes", ("axial", "sagittal", "coronal")),
        Layout("four", "Three and oblique", ("axial", "sagittal", "coronal", OBLIQUE)),
        Layout("axial-coronal", "Axial and coronal", ("axial", "coronal")),
        Layout("axial-sagittal", "Axial and sagittal", ("axial", "sagittal")),
        Layout("axial-oblique", "Axial and oblique", ("axial", OBLIQUE)),
        Layout("axial", "Axial", ("axial",)),
        Layout("coronal", "Coronal", ("coronal",)),
        Layout("sagittal", "Sagittal", ("sagittal",)),
        Layout(OBLIQUE, "Oblique", (OBLIQUE,)),
    )
}


def layout_of(name: str) -> Layout:
    """The layout of this name; the usual one for any other."""
    return LAYOUTS.get(name, LAYOUTS[USUAL])
