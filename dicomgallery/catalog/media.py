"""What goes onto a medium, in the order of its directory: patient by patient, study by study, series by series."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.dicom.media.kinds import is_at_root
from dicomgallery.models import Instance, Patient, Series, Study, db

Held = tuple[Instance, Series, Study, Patient]


def in_tree(scope: Scope, instance_ids: Sequence[int]) -> list[int]:
    """These instances as a directory lists them, within a series in the order given; what is gone is left out."""
    places: dict[int, tuple[Any, ...]] = {}
    for some in batches(instance_ids):
        query = (
            select(Instance.id, Instance.sop_class_uid, Study.patient_key, Study.id, Series.id)
            .join(Series, Instance.series_key == Series.id)
            .join(Study, Series.study_key == Study.id)
            .where(Instance.id.in_(some), within(scope, Instance))
        )
        for one, sop_class_uid, *above in db.session.execute(query):
            places[one] = (is_at_root(sop_class_uid), *above)
    return sorted((one for one in instance_ids if one in places), key=places.__getitem__)


def rows(scope: Scope, instance_ids: Sequence[int]) -> list[Held]:
    """Some instances with all above them, in the order given."""
    query = (
        select(Instance, Series, Study, Patient)
        .join(Series, Instance.series_key == Series.id)
        .join(Study, Series.study_key == Study.id)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Instance.id.in_(instance_ids), within(scope, Instance))
    )
    found: dict[int, Held] = {}
    for instance, series, study, patient in db.session.execute(query):
        found[instance.id] = (instance, series, study, patient)
    return [found[one] for one in instance_ids if one in found]
