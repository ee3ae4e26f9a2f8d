"""Structure sets: regions of interest over the images they were drawn on, plane by plane."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from flask import request

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog import series as catalog_series
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.cuts import Cut, Cuts, cuts_of, main_normal
from dicomgallery.dicom.display_colors import as_hex
from dicomgallery.dicom.geometry import Vector
from dicomgallery.dicom.planes import Plane, image_plane
from dicomgallery.dicom.structures import Roi, StructureSet, structure_set_of
from dicomgallery.errors import GalleryError
from dicomgallery.imaging.spec import FULL
from dicomgallery.models import Instance
from dicomgallery.services import inspecting
from dicomgallery.services.inspecting import Content
from dicomgallery.web.asked import whole
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.kept import Kept
from dicomgallery.web.look import TABS
from dicomgallery.web.stories.outlines import Outline, View, view_of

MOST_SERIES: Final = 8


@dataclass
class StructureStory:
    """A structure set, looked at on one plane."""

    actor: Actor
    instance: Instance
    structures: StructureSet
    wanted_slice: str
    """As the URL says it."""
    wanted_roi: str
    tab: str
    template = "stories/structure.html"
    has_steps = True

    @classmethod
    def of(cls, actor: Actor, instance: Instance, content: Content) -> Self | None:
        """The story of a structure set; None when it has no regions."""
        structures = _kept.of(instance.blob_sha256, lambda: structure_set_of(content.dataset))
        if structures is None:
            return None
        asked = (request.args.get(name, "") for name in ("slice", "roi", "tab"))
        return cls(actor, instance, structures, *asked)

    # ------------------------------------------------------------ planes and the images they are

    @cached_property
    def images(self) -> Mapping[str, Slice]:
        """The images of this gallery that it was drawn on, by SOP Instance UID."""
        scope = self.actor.scope
        contours = (contour for roi in self.structures.rois for contour in roi.contours)
        named = dict.fromkeys([*(one.sop_uid for one in contours if one.sop_uid), *self.structures.image_uids])
        if named:
            return instances.by_sop_uids(scope, list(named))
        rows = [row for uid in self.structures.series_uids[:MOST_SERIES] for row in catalog_series.by_uid(scope, uid)]
        return {one.sop_uid: one for row in rows[:MOST_SERIES] for one in instances.in_order(scope, row.id)}

    @cached_property
    def cuts(self) -> Cuts:
        """Its contours plane by plane."""
        first = next(iter(self.images.values()), None)
        plane = self._plane(first.id) if first else None
        normal: Vector = plane.normal if plane else main_normal(self.structures)
        return cuts_of(self.structures, normal, {uid: one.position_mm for uid, one in self.images.items()})

    @property
    def count(self) -> int:
        """How many planes there are."""
        return len(self.cuts.planes)

    @cached_property
    def number(self) -> int:
        """Which of them is shown, from 1: the one asked for, else the middle one of what is shown."""
        return whole(self.wanted_slice, self.count) or self._middle_of(self.roi)

    @property
    def cut(self) -> Cut | None:
        """The plane that is shown."""
        return self.cuts.planes[self.number - 1] if self.count else None

    @cached_property
    def image(self) -> Slice | None:
        """The image that lies in it."""
        return self.images.get(self.cut.sop_uid) if self.cut else None

    @cached_property
    def _image_plane(self) -> Plane | None:
        return self._plane(self.image.id, self.cut.frame if self.cut else None) if self.image else None

    def _plane(self, image_id: int, frame: int | None = None) -> Plane | None:
        try:
            return image_plane(inspecting.dataset_of(image_id, actor=self.actor), frame)
        except GalleryError:
            # An image that cannot be read now is one that is not here; its own page says why.
            return None

    # ------------------------------------------------------------ what is drawn

    @cached_property
    def roi(self) -> Roi | None:
        """The region that is shown alone; None when all are."""
        asked = _whole(self.wanted_roi)
        return next((roi for roi in self.structures.rois if asked is not None and roi.number == asked), None)

    @cached_property
    def view(self) -> View:
        """The contours of the plane as they are drawn, over the image or alone."""
        drawn = [(roi, one) for roi, one in (self.cut.drawn if self.cut else ()) if self.roi in (None, roi)]
        return view_of(drawn, self._image_plane, self.structures)

    @property
    def outlines(self) -> list[Outline]:
        """What is drawn, region by region."""
        return self.view.outlines

    @property
    def src(self) -> str:
        """The picture that lies under the contours; empty where none does."""
        return self._src(self.cut) if self._image_plane else ""

    @property
    def ahead(self) -> list[str]:
        """The pictures one plane on and one back, fetched before they are wanted."""
        near = (self.cuts.planes[at] for at in (self.number, self.number - 2) if 0 <= at < self.count)
        return [src for src in map(self._src, near) if src]

    def _src(self, cut: Cut | None) -> str:
        found = self.images.get(cut.sop_uid) if cut else None
        if cut is None or found is None:
            return ""
        frame = cut.frame if cut.frame is not None and 1 <= cut.frame <= found.frames and found.frames > 1 else None
        return picture(found.id, found.blob12, replace(FULL, frame=frame))

    @property
    def image_href(self) -> str:
        """The page of the image under the contours."""
        return image_page(self.image.id) if self.image else ""

    @property
    def remarks(self) -> list[str]:
        """What one should know before trusting what is drawn, a sentence each."""
        found = []
        if self.wanted_slice and _whole(self.wanted_slice) != self.number:
            found.append(f"There are planes 1 to {self.count}; number {self.number} is shown.")
        if self.wanted_roi and self.roi is None:
            found.append("There is no such region; all are shown.")
        if self.count and not self.images:
            found.append("The images it was drawn on are not in this gallery: the contours stand alone, to scale.")
        elif self.image is None:
            found.append("The image of this plane is not in this gallery.")
        elif self._image_plane is None:
            found.append("The image of this plane does not say where it lies: the contours stand alone, to scale.")
        elif self._is_elsewhere:
            found.append("Image and contours name different frames of reference; they may not belong together.")
        if self.view.off_plane_mm > 1:
            found.append(f"Contours lie up to {self.view.off_plane_mm:.1f} mm from the plane of this image.")
        if self.cuts.astray:
            noun = "contour runs" if self.cuts.astray == 1 else "contours run"
            found.append(f"{self.cuts.astray} {noun} through several planes and cannot be drawn on one.")
        return [*found, *self.structures.left_out]

    @property
    def _is_elsewhere(self) -> bool:
        said = self._image_plane.frame_of_reference_uid if self._image_plane else ""
        known = {roi.frame_of_reference_uid for roi, _ in (self.cut.drawn if self.cut else ())} - {""}
        return bool(said and known) and said not in known

    # ------------------------------------------------------------ the ways on

    def at(self, number: int) -> str:
        """The address of this page at another plane; empty where there is none."""
        return self._href(number, self.roi) if 1 <= number <= self.count and number != self.number else ""

    def alone(self, roi: Roi | None) -> str:
        """The address of this page with one region alone, or with all, on a plane where it is."""
        stays = roi is None or any(one is roi for one, _ in (self.cut.drawn if self.cut else ()))
        return self._href(self.number if stays else self._middle_of(roi), roi)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the slider's form must not lose."""
        return [(name, value) for name, value in self._pairs(self.number, self.roi) if name != "slice"]

    def color(self, roi: Roi) -> str:
        """The color of a region as SVG writes it."""
        return as_hex(roi.color)

    def _href(self, number: int, roi: Roi | None) -> str:
        return f"{image_page(self.instance.id)}?{urlencode(self._pairs(number, roi))}"

    def _pairs(self, number: int, roi: Roi | None) -> list[tuple[str, str]]:
        pairs = [("slice", str(number))]
        pairs += [("roi", str(roi.number))] if roi is not None else []
        return pairs + ([("tab", self.tab)] if self.tab in TABS else [])

    def _middle_of(self, roi: Roi | None) -> int:
        """The number of the plane in the middle of those that a region is on, or of all."""
        own = [
            number
            for number, cut in enumerate(self.cuts.planes, start=1)
            if roi is None or any(one is roi for one, _ in cut.drawn)
        ]
        return own[len(own) // 2] if own else self.count // 2 + 1


_kept: Final[Kept[StructureSet | None]] = Kept()


def _whole(text: str) -> int | None:
    number = whole(text.removeprefix("-"))
    return -number if number is not None and text.startswith("-") else number
