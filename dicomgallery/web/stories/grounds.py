"""The images of this gallery that a segmentation may lie on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog import series as catalog_series
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.overlaying import Ground, Sheet, sheets_of
from dicomgallery.dicom.planes import Plane, frame_planes, plane_of
from dicomgallery.dicom.segments import Segmentation
from dicomgallery.errors import GalleryError
from dicomgallery.models import Instance, Series
from dicomgallery.services import inspecting
from dicomgallery.web.kept import MOST_KEPT, Kept

MOST_SERIES: Final = 8
MOST_FRAMES: Final = 20_000
MOST_OPENED: Final = MOST_KEPT
"""Multi-frame images that are asked where each frame lies: as many as are kept."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A segmentation on the images that are here."""

    sheets: tuple[Sheet, ...]
    images: Mapping[str, Slice] = field(default_factory=dict)
    """By SOP Instance UID."""


def laid(segmentation: Segmentation, instance: Instance, actor: Actor) -> Laid:
    """Lay a segmentation on the images it names, else on those of its series, else of its frame of reference."""
    scope = actor.scope
    named = dict.fromkeys([*(uid for one in segmentation.frames for uid, _ in one.sources), *segmentation.image_uids])
    if named and (found := _images(instances.by_sop_uids(scope, list(named)).values())):
        return Laid(sheets_of(segmentation, _grounds(actor, found, "")), found)
    rows = [row for uid in segmentation.series_uids[:MOST_SERIES] for row in catalog_series.by_uid(scope, uid)]
    best = Laid(sheets_of(segmentation, ()))
    for row in (rows or _of_same_space(segmentation, instance, actor))[:MOST_SERIES]:
        images = _images(instances.in_order(scope, row.id))
        sheets = sheets_of(segmentation, _grounds(actor, images, row.frame_of_reference_uid))
        if _covered(sheets) > _covered(best.sheets):
            best = Laid(sheets, images)
    return best


def _of_same_space(segmentation: Segmentation, instance: Instance, actor: Actor) -> list[Series]:
    """The other series of its study whose coordinates are the same."""
    space = segmentation.frame_of_reference_uid
    if not space:
        return []
    own = catalog_series.by_id(actor.scope, instance.series_key)
    rows = catalog_series.of_study(actor.scope, own.study_key)
    return [row for row in rows if row.frame_of_reference_uid == space and row.id != own.id]


def _images(found: Iterable[Slice]) -> dict[str, Slice]:
    return {one.sop_uid: one for one in found if one.kind == "image"}


def _covered(sheets: Sequence[Sheet]) -> int:
    return sum(len(sheet.frames) for sheet in sheets if sheet.ground is not None)


def _grounds(actor: Actor, images: Mapping[str, Slice], space: str) -> list[Ground]:
    found: list[Ground] = []
    opened = 0
    for one in images.values():
        if one.frames <= 1:
            found.append(Ground(one.sop_uid, None, _plane(one, space)))
            continue
        opened += 1
        planes = _frame_planes(actor, one) if opened <= MOST_OPENED else []
        # A frame whose place is not known can still be named.
        numbered = zip_longest(range(1, min(one.frames, MOST_FRAMES) + 1), planes[: one.frames])
        found += [Ground(one.sop_uid, number, plane) for number, plane in numbered]
    return found


def _plane(one: Slice, space: str) -> Plane | None:
    """The plane of an image as the catalog keeps it: near enough to find what lies on it."""
    position, cosines, spacing = (_numbers(text) for text in (one.position, one.orientation, one.spacing))
    return plane_of(position, cosines, spacing, (one.columns, one.rows, space))


def _numbers(text: str | None) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split("\\")) if text else ()


_kept: Final[Kept[list[Plane | None]]] = Kept()


def _frame_planes(actor: Actor, one: Slice) -> list[Plane | None]:
    def read() -> list[Plane | None]:
        return frame_planes(inspecting.frames_of(one.id, actor=actor), MOST_FRAMES)

    try:
        return _kept.of(one.blob12, read)
    except GalleryError:
        # An image that cannot be read now is one that is not here; its own page says why.
        return []
