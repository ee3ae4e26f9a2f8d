"""An image as a presentation state wants it: the state's elements in place of the image's own (PS3.4 N.2)."""

from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicomgallery.dicom.presentation import COLOR, PSEUDO_COLOR, Presentation, presentation_of, voi_of_image
from dicomgallery.imaging.gray import modality_of
from dicomgallery.imaging.header import items, text, whole
from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.source import WithoutPixelsError, open_source

_MODALITY: Final = ("ModalityLUTSequence", "RescaleSlope", "RescaleIntercept", "RescaleType")
_VOI: Final = (
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
)
_PRESENTATION_LUT: Final = ("PresentationLUTSequence", "PresentationLUTShape")
_PALETTE: Final = tuple(
    f"{color}PaletteColorLookupTable{part}" for color in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")
) + tuple(f"Segmented{color}PaletteColorLookupTableData" for color in ("Red", "Green", "Blue"))
_SHUTTER: Final = (
    "ShutterShape",
    "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge",
    "ShutterUpperHorizontalEdge",
    "ShutterLowerHorizontalEdge",
    "CenterOfCircularShutter",
    "RadiusOfCircularShutter",
    "VerticesOfThePolygonalShutter",
    "ShutterPresentationValue",
    "ShutterOverlayGroup",
)
_GRAY_GROUPS: Final = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
_OVERLAYS: Final = range(0x6000, 0x6020, 2)
_EVERY_VALUE: Final = "every value, since it names no window"


class State:
    """A presentation state, opened for one picture."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.said: Presentation = presentation_of(dataset)

    @classmethod
    def opened(cls, path: Path) -> "State":
        """Open the file of a state; CannotRenderError when it is none, or one of a kind that is not applied."""
        try:
            open_source(path)
        except WithoutPixelsError as nothing:
            state = cls(nothing.dataset)
        else:
            raise CannotRenderError(RenderReason.NO_SUCH_STATE, "That object is an image, and no presentation state.")
        if not state.said.is_applied:
            raise CannotRenderError(
                RenderReason.UNSUPPORTED,
                f"This kind of presentation state is not applied yet: {state.said.kind or 'an unknown one'}.",
            )
        return state

    @property
    def is_color(self) -> bool:
        """Say whether it leaves the values of the pixels alone but for their colors."""
        return self.said.sop_class_uid == COLOR

    def frame_of(self, image: Dataset, asked: int | None, frames: int) -> int:
        """The frame to show, from 1; CannotRenderError when the state does not speak of it."""
        uid = text(image, "SOPInstanceUID")
        target = self.said.target(uid)
        if target is None:
            raise CannotRenderError(RenderReason.NO_SUCH_STATE, "This presentation state does not refer to this image.")
        frame = asked or self.said.frame_for(uid, frames)
        if not target.holds_for(uid, frame):
            raise CannotRenderError(
                RenderReason.NO_SUCH_STATE, f"This presentation state does not refer to frame {frame} of this image."
            )
        return frame

    def over(self, image: Dataset, layout: Layout, frame: int) -> Dataset:
        """The image's header with the state's elements in place of its own; where the state has none, there is none."""
        made = image[:]
        overlays = {overlay.group >> 16: overlay for overlay in self.said.overlays}
        for group in _OVERLAYS:
            if group not in overlays or overlays[group].is_own:
                _drop_group(made, group)
        for group, overlay in overlays.items():
            if overlay.is_own:
                _take_group(made, self.dataset, group)
        if (shutter := whole(self.dataset, "ShutterOverlayGroup", 0)) in _OVERLAYS:
            _take_group(made, self.dataset, shutter)
        _take(made, self.dataset, _SHUTTER)
        if self.is_color:
            _without_groups(made, ("FrameDisplayShutterSequence",))
            if "ICCProfile" in self.dataset:
                _take(made, self.dataset, ("ICCProfile",))
            return made
        _without_groups(made, ("FrameDisplayShutterSequence", *_GRAY_GROUPS))
        _take(made, self.dataset, (*_MODALITY, *_PRESENTATION_LUT))
        if self.said.sop_class_uid == PSEUDO_COLOR:
            _take(made, self.dataset, _PALETTE)
        item = voi_of_image(self.dataset, text(image, "SOPInstanceUID"), frame)
        _take(made, item if item is not None else Dataset(), _VOI)
        if item is None and layout.numbers is Numbers.INTEGER:
            _show_every_value(made, layout)
        return made


def _take(made: Dataset, given: Dataset, keywords: tuple[str, ...]) -> None:
    for keyword in keywords:
        if keyword in made:
            del made[keyword]
        if keyword in given:
            made[keyword] = given.get_item(keyword)


def _drop_group(made: Dataset, group: int) -> None:
    for tag in [tag for tag in made.keys() if tag >> 16 == group]:  # noqa: SIM118 - `in dataset` reads every element
        del made[tag]


def _take_group(made: Dataset, given: Dataset, group: int) -> None:
    _drop_group(made, group)
    for tag in given.keys():  # noqa: SIM118 - likewise
        if tag >> 16 == group:
            made[tag] = given.get_item(tag)


def _without_groups(made: Dataset, keywords: tuple[str, ...]) -> None:
    """Leave functional groups of the frame, and of all frames, away without touching the image they are of."""
    for sequence in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for held in items(made, sequence)[:1]:
            group = held[:]
            for keyword in keywords:
                if keyword in group:
                    del group[keyword]
            setattr(made, sequence, Sequence([group]))


def _show_every_value(made: Dataset, layout: Layout) -> None:
    """Without a VOI all that the modality LUT gives is spread from black to white (PS3.3 C.11.8)."""
    lowest = -(1 << (layout.bits_stored - 1)) if layout.signed else 0
    highest = lowest + (1 << layout.bits_stored) - 1
    modality = modality_of(made, layout)
    ends = sorted((lowest * modality.slope + modality.intercept, highest * modality.slope + modality.intercept))
    if modality.table is not None:
        ends = [0.0, float(modality.table.highest)]
    made.WindowCenter, made.WindowWidth = (ends[0] + ends[1]) / 2, max(ends[1] - ends[0], 1.0)
    made.VOILUTFunction, made.WindowCenterWidthExplanation = "LINEAR_EXACT", _EVERY_VALUE
