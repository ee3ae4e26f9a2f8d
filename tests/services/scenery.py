"""Looking at a gallery from outside the services: what its rows claim, where its bytes lie."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from dicomgallery import settings
from dicomgallery.catalog.selection import Selection
from dicomgallery.models import FacetCount, Instance, Patient, Series, Study, db
from dicomgallery.storage.opening import store
from tests.conftest import Gallery


def everything() -> Selection:
    """Select all that the gallery shows."""
    db.session.rollback()
    return Selection(patients=tuple(db.session.scalars(select(Patient.id))))


def images(ids: Iterable[int]) -> Selection:
    """Select these images."""
    return Selection(images=tuple(ids))


def counts() -> dict[str, tuple[int, ...]]:
    """What the rows of every level claim, all summed, and the facets."""
    db.session.rollback()

    def sums(*columns: object) -> tuple[int, ...]:
        query = select(*(func.coalesce(func.sum(column), 0) for column in columns))
        return tuple(int(value) for value in db.session.execute(query).one())

    return {
        "series": sums(Series.instance_count, Series.frame_count, Series.size_bytes),
        "studies": sums(Study.series_count, Study.instance_count, Study.size_bytes),
        "patients": sums(Patient.study_count, Patient.series_count, Patient.instance_count),
        "facets": sums(FacetCount.count),
    }


def blob_of(instance_id: int) -> Path:
    """The file of an instance's bytes."""
    db.session.rollback()
    return store().path(db.session.scalars(select(Instance.blob_sha256).where(Instance.id == instance_id)).one())


@contextmanager
def with_settings(gallery: Gallery, **changes: Any) -> Iterator[None]:
    """Let other settings be current for a while."""
    token = settings.use(replace(gallery.settings, **changes))
    try:
        yield
    finally:
        settings.done_with(token)
