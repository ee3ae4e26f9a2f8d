"""The frames of one object as images of a stack (PS3.3 C.7.6.16)."""

from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom import elements, geometry
from dicomgallery.dicom.elements import Header
from dicomgallery.dicom.geometry import Vector, dot, normal_of

MOST_FRAMES: Final = 4000
_FRAMES: Final = 0x00280008
_DOSE_OFFSETS: Final = 0x3004000C
"""Grid Frame Offset Vector: how far the frames of a dose lie from the first (PS3.3 C.8.8.3.2)."""


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """One frame, told as the catalog tells an image."""

    number: int
    position_mm: float | None
    position: str
    orientation: str
    spacing: str
    rows: int
    columns: int
    frames: int = 1
    acquisition_number: int | None = None
    image_type: str = ""
    content_time: str = ""


def frames_of(dataset: Header) -> list[PlacedFrame]:
    """Where each frame lies; nowhere where the object does not say. Of very many frames only the first are told."""
    count = min(max(elements.whole(dataset, _FRAMES) or 1, 1), MOST_FRAMES)
    offsets = elements.numbers(dataset, _DOSE_OFFSETS)
    along = [offset - offsets[0] for offset in offsets] if len(offsets) >= count else [0.0] * count
    rows, columns = (elements.whole(dataset, tag) or 0 for tag in (0x00280010, 0x00280011))
    return [_frame(dataset, number, along[number - 1], rows, columns) for number in range(1, count + 1)]


def _frame(dataset: Header, number: int, offset_mm: float, rows: int, columns: int) -> PlacedFrame:
    position, cosines, spacing = (
        geometry.numbers(dataset, tag, frame=number)
        for tag in (geometry.POSITION, geometry.ORIENTATION, geometry.SPACING)
    )
    normal = normal_of(cosines) if len(cosines) == 6 else None
    place: Vector | None = None
    if normal is not None and len(position) == 3:
        place = (
            position[0] + offset_mm * normal[0],
            position[1] + offset_mm * normal[1],
            position[2] + offset_mm * normal[2],
        )
    return PlacedFrame(
        number=number,
        position_mm=None if place is None or normal is None else round(dot(place, normal), 4),
        position=_joined(place or ()),
        orientation=_joined(cosines),
        spacing=_joined(spacing),
        rows=rows,
        columns=columns,
    )


def _joined(numbers: tuple[float, ...]) -> str:
    return "\\".join(f"{number:.10g}" for number in numbers)
