"""Graphic annotations and the layers they lie in: text and lines over an image (PS3.3 C.10.5, C.10.7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.display_colors import Color, lab_color
from dicomgallery.dicom.values import clean

MOST_ANNOTATIONS: Final = 500
MOST_OBJECTS: Final = 2000
"""Texts and lines of one state; more are counted, and said to be left out."""
MOST_POINTS: Final = 20_000
MOST_LAYERS: Final = 64
GRAPHIC_TYPES: Final = frozenset({"POINT", "POLYLINE", "INTERPOLATED", "CIRCLE", "ELLIPSE"})
_UNITS: Final = frozenset({"PIXEL", "DISPLAY", "MATRIX"})

Point = tuple[float, float]
"""Across and down."""


@dataclass(frozen=True, slots=True)
class Target:
    """An image that something holds for, or some of its frames; no frames are all of them."""

    sop_uid: str
    frames: tuple[int, ...] = ()
    sop_class_uid: str = ""
    _meant: frozenset[int] = field(init=False, repr=False, compare=False)
    """Asked of every frame of an object, which may have thousands."""

    def __post_init__(self) -> None:
        """Keep the frames in a form that is quick to ask."""
        object.__setattr__(self, "_meant", frozenset(self.frames))

    def holds_for(self, sop_uid: str, frame: int | None) -> bool:
        """Say whether a frame is meant, or with None any frame of the image."""
        return sop_uid == self.sop_uid and (frame is None or not self._meant or frame in self._meant)


Targets = tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class TextObject:
    """A text, in a box or at a point that it belongs to."""

    text: str
    box: tuple[Point, Point] | None
    box_units: str
    """PIXEL of the image, or DISPLAY as a fraction of the displayed area."""
    justification: str
    """LEFT, RIGHT or CENTER."""
    anchor: Point | None
    anchor_units: str
    is_anchored: bool
    """A line is to be drawn from the text to its anchor."""


@dataclass(frozen=True, slots=True)
class Graphic:
    """A line, a shape or a point."""

    form: str
    points: tuple[Point, ...]
    units: str
    is_filled: bool


@dataclass(frozen=True, slots=True)
class Annotation:
    """What belongs together over some images: texts and lines of one layer."""

    layer: str
    images: Targets
    """None are all that the state refers to."""
    texts: tuple[TextObject, ...]
    graphics: tuple[Graphic, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer, to be drawn over those before it."""

    name: str
    order: int
    description: str
    color: Color | None


def targets_of(item: Dataset, *, most: int = 20_000) -> Targets:
    """The images of a Referenced Image Sequence (PS3.3 10.3)."""
    found = []
    for one in elements.items(item, 0x00081140)[:most]:
        if uid := clean(elements.first(one, 0x00081155)):
            frames = tuple(int(number) for number in elements.numbers(one, 0x00081160)[:10_000] if 0 < number < 1e7)
            found.append(Target(uid, frames, clean(elements.first(one, 0x00081150))))
    return tuple(found)


def layers_of(dataset: Dataset) -> tuple[Layer, ...]:
    """The layers, the lowest first."""
    found = []
    for item in elements.items(dataset, 0x00700060)[:MOST_LAYERS]:
        order, said = elements.whole(item, 0x00700062) or 0, clean(elements.text(item, 0x00700068))
        found.append(Layer(clean(elements.first(item, 0x00700002)), order, said, _color(item)))
    return tuple(sorted(found, key=lambda layer: layer.order))


def annotations_of(dataset: Dataset) -> tuple[tuple[Annotation, ...], int]:
    """The annotations, and how many of their objects are left out, being too many or not to be understood."""
    found: list[Annotation] = []
    count = left_out = 0
    for item in elements.items(dataset, 0x00700001):
        texts, graphics = elements.items(item, 0x00700008), elements.items(item, 0x00700009)
        left_out += len(elements.items(item, 0x00700209))
        if len(found) == MOST_ANNOTATIONS or count + len(texts) + len(graphics) > MOST_OBJECTS:
            left_out += len(texts) + len(graphics)
            continue
        said = [one for one in map(_text_object, texts) if one is not None]
        drawn = [one for one in map(_graphic, graphics) if one is not None]
        count += len(said) + len(drawn)
        left_out += len(texts) + len(graphics) - len(said) - len(drawn)
        layer = clean(elements.first(item, 0x00700002))
        found.append(Annotation(layer, targets_of(item), tuple(said), tuple(drawn)))
    return tuple(found), left_out


def _text_object(item: Dataset) -> TextObject | None:
    text = "\n".join(clean(line) for line in elements.text(item, 0x00700006).splitlines()[:200]).strip()
    first, last, anchor = (_points(elements.numbers(item, tag)) for tag in (0x00700010, 0x00700011, 0x00700014))
    if not text or not (anchor or (first and last)):
        return None
    return TextObject(
        text=elements.storable(text),
        box=(first[0], last[0]) if first and last else None,
        box_units=_unit(item, 0x00700003),
        justification=elements.first(item, 0x00700012).upper() or "LEFT",
        anchor=anchor[0] if anchor else None,
        anchor_units=_unit(item, 0x00700004),
        is_anchored=elements.first(item, 0x00700015).upper() == "Y",
    )


def _graphic(item: Dataset) -> Graphic | None:
    form = elements.first(item, 0x00700023).upper()
    points = _points(elements.numbers(item, 0x00700022)[: 2 * MOST_POINTS])
    least = {"POINT": 1, "CIRCLE": 2, "ELLIPSE": 4}.get(form, 2)
    if form not in GRAPHIC_TYPES or len(points) < least:
        return None
    return Graphic(form, points, _unit(item, 0x00700005), elements.first(item, 0x00700024).upper() == "Y")


def _points(numbers: Sequence[float]) -> tuple[Point, ...]:
    """Pairs of numbers; those far beyond any image are none."""
    if not all(abs(number) < 1e6 for number in numbers):
        return ()
    return tuple(zip(numbers[0::2], numbers[1::2], strict=False))


def _unit(item: Dataset, tag: int) -> str:
    said = elements.first(item, tag).upper()
    return said if said in _UNITS else "PIXEL"


def _color(item: Dataset) -> Color | None:
    """What the layer asks for, as sRGB: CIELab, else the retired RGB, else a gray (PS3.3 C.10.7.1.1)."""
    if lab := lab_color(elements.numbers(item, 0x00700401)):
        return lab
    rgb = elements.numbers(item, 0x00700067)
    if len(rgb) == 3:
        red, green, blue = (_byte(value / 0xFFFF) for value in rgb)
        return red, green, blue
    gray = elements.number(item, 0x00700066)
    return None if gray is None else (_byte(gray / 0xFFFF),) * 3


def _byte(share: float) -> int:
    return round(min(max(share, 0.0), 1.0) * 255)
