"""A session of contract B: a series, stepped through slice by slice."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import instances, series
from dicomgallery.catalog.instances import Image
from dicomgallery.imaging.spec import FULL
from dicomgallery.services import inspecting, pictures
from dicomgallery.services.inspecting import TagValue
from dicomgallery.services.pictures import NoPicture, Picture

_WINDOW = ("WindowCenter", "WindowWidth")


@dataclass(frozen=True, slots=True)
class Session:
    """A series, and what is told when it is opened; what the files do not say is empty or None."""

    key: str
    """Its Series Instance UID, or its row id where studies share the UID."""
    patient_name: str
    patient_id: str
    study_date: str
    modality: str
    slices: int
    rows: int
    columns: int
    window_center: float | None
    window_width: float | None


def largest(instance_ids: Collection[int], *, actor: Actor) -> Session | None:
    """The series that most images of these instances belong to; None when there is no image among them."""
    demand(actor, Permission.VIEW)
    counted: Counter[int] = Counter()
    for row in instances.rows_of(actor.scope, instance_ids):
        if row.has_pixels:
            counted[row.series_key] += max(row.frames, 1)
    if not counted:
        return None
    return _opened(counted.most_common(1)[0][0], actor)


def images_of(key: str, *, actor: Actor) -> Sequence[Image]:
    """The images of a session in space; NotFoundError when there is no such series."""
    demand(actor, Permission.VIEW)
    found = series.by_key(actor.scope, key)
    return instances.images_of(instances.in_order(actor.scope, found.id))


def picture(image: Image, *, actor: Actor) -> Picture | NoPicture:
    """One image of a session as PNG."""
    one, frame = image
    return pictures.of(one.id, replace(FULL, frame=frame), actor=actor)


def _opened(series_id: int, actor: Actor) -> Session | None:
    page = series.page(actor.scope, series_id)
    images = instances.images_of(page.slices)
    if not images:
        return None
    middle, _ = images[len(images) // 2]
    center, width = _window(middle.id, actor)
    uid = page.series.series_uid
    return Session(
        key=uid if len(series.by_uid(actor.scope, uid)) == 1 else str(page.series.id),
        patient_name=page.patient.name,
        patient_id=page.patient.patient_id,
        study_date=page.study.date,
        modality=page.series.modality,
        slices=len(images),
        rows=middle.rows,
        columns=middle.columns,
        window_center=center,
        window_width=width,
    )


def _window(instance_id: int, actor: Actor) -> tuple[float | None, float | None]:
    found = inspecting.tags(instance_id, _WINDOW, actor=actor)
    center, width = (_number(one) for one in found) if isinstance(found, list) else (None, None)
    return (center, width) if center is not None and width is not None else (None, None)


def _number(found: TagValue) -> float | None:
    value = found.value[0] if isinstance(found.value, list) and found.value else found.value
    return float(value) if isinstance(value, int | float) else None
