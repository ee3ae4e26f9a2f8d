"""Segmentations: segments in their colors over the images they were drawn on, plane by plane."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from flask import request

from dicomgallery.access import Actor
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.display_colors import as_hex
from dicomgallery.dicom.overlaying import Sheet
from dicomgallery.dicom.planes import image_plane
from dicomgallery.dicom.segments import FRACTIONAL, LABELMAP, Segment, Segmentation, segmentation_of
from dicomgallery.errors import GalleryError
from dicomgallery.imaging import wash
from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.spec import FULL
from dicomgallery.models import Instance
from dicomgallery.services import inspecting
from dicomgallery.services.inspecting import Content
from dicomgallery.web.asked import whole
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.kept import Kept
from dicomgallery.web.look import TABS
from dicomgallery.web.stories.grounds import Laid, laid
from dicomgallery.web.stories.layering import Layer, Picture, View, view_of

MOST_LAYERS: Final = 120
"""Frames that are drawn on one plane."""
MOST_AHEAD: Final = 24
OPACITIES: Final = {"25": "0.25", "50": "0.5", "100": "1"}
USUAL_OPACITY: Final = "50"


@dataclass
class SegmentationStory:
    """A segmentation, looked at on one plane."""

    actor: Actor
    instance: Instance
    segmentation: Segmentation
    wanted_slice: str
    """As the URL says it."""
    wanted_segment: str
    wanted_opacity: str
    tab: str
    template = "stories/segmentation.html"
    has_steps = True

    @classmethod
    def of(cls, actor: Actor, instance: Instance, _content: Content) -> Self | None:
        """The story of a segmentation; None when it has no segments, or is looked at frame by frame."""
        if request.args.get("frame"):
            return None
        found = _kept.of(instance.blob_sha256, lambda: (_read(instance, actor),))[0]
        if found is None:
            return None
        asked = (request.args.get(name, "") for name in ("slice", "segment", "opacity", "tab"))
        return cls(actor, instance, found, *asked)

    # ------------------------------------------------------------ planes and the images they are

    @cached_property
    def _laid(self) -> Laid:
        return laid(self.segmentation, self.instance, self.actor)

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Its frames plane by plane."""
        return self._laid.sheets

    @property
    def count(self) -> int:
        """How many planes there are: at least one, as there is a frame."""
        return len(self.sheets)

    @cached_property
    def number(self) -> int:
        """Which of them is shown, from 1: the one asked for, else the middle one of what is shown."""
        return whole(self.wanted_slice, self.count) or self._middle_of(self.segment)

    @property
    def sheet(self) -> Sheet:
        """The plane that is shown."""
        return self.sheets[self.number - 1]

    @cached_property
    def image(self) -> Slice | None:
        """The image that lies in it."""
        return self._image_of(self.sheet)

    @cached_property
    def _picture(self) -> Picture | None:
        """What there is to know of that image; None when it is not here, or cannot be read now."""
        if self.image is None or self.sheet.ground is None:
            return None
        try:
            dataset = inspecting.dataset_of(self.image.id, actor=self.actor)
        except GalleryError:
            return None
        # Of an image of one frame the catalog keeps its place rounded; that of many was read from the file.
        plane = image_plane(dataset) if self.sheet.ground.frame is None else self.sheet.ground.plane
        size = self.image.columns, self.image.rows
        return Picture(plane, size, pixel_ratio(dataset), wash.is_washed(dataset))

    # ------------------------------------------------------------ what is drawn

    @cached_property
    def segment(self) -> Segment | None:
        """The segment that is shown alone; None when all are."""
        return self.segmentation.segment(whole(self.wanted_segment))

    @cached_property
    def view(self) -> View:
        """The layers of the plane as they are drawn, over the image or alone."""
        one = self.segment
        frames = [frame for frame in self.sheet.frames if one is None or frame.segment in (None, one.number)]
        return view_of(frames[:MOST_LAYERS], (self.instance.columns, self.instance.rows), self._picture)

    @property
    def is_over_image(self) -> bool:
        """Say whether an image lies under the layers."""
        return self._picture is not None and not self.view.refused

    @property
    def src(self) -> str:
        """The picture that lies under the layers; empty where none does."""
        return self._src(self.sheet) if self.is_over_image else ""

    def layer_src(self, layer: Layer) -> str:
        """The picture of a layer."""
        return self._layer_src(layer.frame.number)

    def layer_name(self, layer: Layer) -> str:
        """What is on a layer."""
        found = self.segment or self.segmentation.segment(layer.frame.segment)
        return found.label if found else ""

    @property
    def opacity(self) -> str:
        """Of the layers, in percent: alone on black they are as they are."""
        return self._asked_opacity if self.is_over_image else "100"

    @property
    def group_opacity(self) -> str:
        """The same as SVG writes it."""
        return OPACITIES[self.opacity]

    @property
    def opacities(self) -> list[dict[str, object]]:
        """The opacities to choose from."""
        return [
            {"label": f"{one} %", "href": self._href(self.number, self.segment, one), "current": one == self.opacity}
            for one in OPACITIES
        ]

    @property
    def ahead(self) -> list[str]:
        """The pictures one plane on and one back, fetched before they are wanted."""
        near = [self.sheets[at] for at in (self.number, self.number - 2) if 0 <= at < self.count]
        layers = [self._layer_src(one.number) for sheet in near for one in sheet.frames]
        return [src for src in (*map(self._src, near), *layers[:MOST_AHEAD]) if src]

    def _src(self, sheet: Sheet) -> str:
        found = self._image_of(sheet)
        if found is None or sheet.ground is None:
            return ""
        # With a bar of colors beside it a picture would be wider than its image.
        is_plain = self._picture is not None and self._picture.is_washed
        return picture(found.id, found.blob12, replace(FULL, frame=sheet.ground.frame, plain=is_plain))

    def _layer_src(self, frame: int) -> str:
        is_alone = self.segment is not None and self.segmentation.type == LABELMAP
        layer = self.segment.number if self.segment is not None and is_alone else 0
        spec = replace(FULL, frame=frame if self.instance.frames > 1 else None, layer=layer)
        return picture(self.instance.id, self.instance.blob_sha256, spec)

    def _image_of(self, sheet: Sheet) -> Slice | None:
        return self._laid.images.get(sheet.ground.uid) if sheet.ground else None

    # ------------------------------------------------------------ what is told

    @property
    def kind(self) -> str:
        """The type of the segmentation in words."""
        words = {LABELMAP: "label map", FRACTIONAL: "fractional"}
        kind = words.get(self.segmentation.type, self.segmentation.type.lower())
        return ", ".join(word for word in (kind, self.segmentation.fractional_type) if word)

    @cached_property
    def frames_by_segment(self) -> Counter[int | None]:
        """How many frames each segment has; what any may be on stands under None."""
        return Counter(frame.segment for frame in self.segmentation.frames)

    @property
    def remarks(self) -> list[str]:
        """What one should know before trusting what is drawn, a sentence each."""
        found = []
        if self.wanted_slice and whole(self.wanted_slice) != self.number:
            found.append(f"There are planes 1 to {self.count}; number {self.number} is shown.")
        if self.wanted_segment and self.segment is None:
            found.append("There is no such segment; all are shown.")
        if self.wanted_opacity and self.wanted_opacity not in OPACITIES:
            found.append(f"The opacities are {', '.join(OPACITIES)}; {USUAL_OPACITY} is taken.")
        found += self._about_image()
        if len(self.sheet.frames) > MOST_LAYERS:
            found.append(f"Of {len(self.sheet.frames)} frames on this plane {MOST_LAYERS} at most are drawn.")
        return [*found, *self.segmentation.left_out]

    def _about_image(self) -> list[str]:
        if self.segmentation.is_tiled:
            return ["Its frames are tiles of a slide: each is shown alone, not over the slide."]
        if not self._laid.images:
            return ["The images it was drawn on are not in this gallery: the segments stand alone."]
        if self._picture is None:
            return ["The image of this plane is not in this gallery: the segments stand alone."]
        found = [self.view.refused] if self.view.refused else []
        if self.is_over_image and not self.sheet.is_named:
            found.append("The segmentation does not name this image: it is laid over it by its place in the patient.")
        if self.view.off_plane_mm > 1:
            found.append(f"Segments lie up to {self.view.off_plane_mm:.1f} mm from the plane of this image.")
        if self._is_elsewhere:
            found.append("Image and segments name different frames of reference; they may not belong together.")
        return found

    @property
    def _is_elsewhere(self) -> bool:
        plane = self._picture.plane if self._picture else None
        said, own = plane.frame_of_reference_uid if plane else "", self.segmentation.frame_of_reference_uid
        return bool(said and own) and said != own

    # ------------------------------------------------------------ the ways on

    @property
    def image_href(self) -> str:
        """The page of the image of this plane."""
        if self.image is None:
            return ""
        frame = self.sheet.ground.frame if self.sheet.ground else None
        return image_page(self.image.id) + (f"?frame={frame}" if frame is not None else "")

    @property
    def frame_href(self) -> str:
        """The page of the segmentation frame by frame, at the first that is drawn here."""
        first = self.view.layers[0].frame if self.view.layers else self.sheet.frames[0]
        return f"{image_page(self.instance.id)}?frame={first.number}"

    def at(self, number: int) -> str:
        """The address of this page at another plane; empty where there is none."""
        return self._href(number, self.segment) if 1 <= number <= self.count and number != self.number else ""

    def alone(self, segment: Segment | None) -> str:
        """The address of this page with one segment alone, or with all, on a plane where it is."""
        is_here = segment is None or not self._segments_here.isdisjoint((None, segment.number))
        return self._href(self.number if is_here else self._middle_of(segment), segment)

    def has_alone(self, segment: Segment) -> bool:
        """Say whether a segment can be shown alone: it is somewhere, and no background."""
        return not segment.is_background and not self._planes_of.keys().isdisjoint((None, segment.number))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the slider's form must not lose."""
        return [(name, value) for name, value in self._pairs(self.number, self.segment) if name != "slice"]

    def color(self, segment: Segment) -> str:
        """The color of a segment as SVG writes it."""
        return as_hex(segment.color)

    @property
    def _asked_opacity(self) -> str:
        return self.wanted_opacity if self.wanted_opacity in OPACITIES else USUAL_OPACITY

    def _href(self, number: int, segment: Segment | None, opacity: str = "") -> str:
        return f"{image_page(self.instance.id)}?{urlencode(self._pairs(number, segment, opacity))}"

    def _pairs(self, number: int, segment: Segment | None, opacity: str = "") -> list[tuple[str, str]]:
        opacity = opacity or self._asked_opacity
        pairs = [("slice", str(number))]
        pairs += [("segment", str(segment.number))] if segment is not None else []
        pairs += [("opacity", opacity)] if opacity != USUAL_OPACITY else []
        return pairs + ([("tab", self.tab)] if self.tab in TABS else [])

    def _middle_of(self, segment: Segment | None) -> int:
        """The number of the plane in the middle of those that a segment is on, or may be on, or of all."""
        own = (self._planes_of.get(segment.number) or self._planes_of.get(None)) if segment else None
        return own[len(own) // 2] if own else self.count // 2 + 1

    @cached_property
    def _planes_of(self) -> Mapping[int | None, Sequence[int]]:
        """The numbers of the planes that each segment is on; those that may hold any stand under None."""
        found: dict[int | None, list[int]] = {}
        for number, sheet in enumerate(self.sheets, start=1):
            for segment in {frame.segment for frame in sheet.frames}:
                found.setdefault(segment, []).append(number)
        return found

    @cached_property
    def _segments_here(self) -> frozenset[int | None]:
        """The segments on the plane that is shown, None among them when it may hold any."""
        return frozenset(frame.segment for frame in self.sheet.frames)


_kept: Final[Kept[tuple[Segmentation | None]]] = Kept()


def _read(instance: Instance, actor: Actor) -> Segmentation | None:
    return segmentation_of(inspecting.frames_of(instance.id, actor=actor))
