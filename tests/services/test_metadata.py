"""Metadata of what lies in several workspaces."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson

from dicomgallery.access import Actor
from dicomgallery.dicom import synthetic
from dicomgallery.models import Workspace, transaction
from dicomgallery.services import metadata
from tests.conftest import Gallery


def test_who_sees_two_workspaces_reads_every_instance_of_a_series_that_both_have(
    gallery: Gallery, stranger: Actor
) -> None:
    ours, theirs = synthetic.ct_series(2, 16, 16)
    with transaction() as session:
        session.add(Workspace(id=2, name="Another", created_at=datetime.now(UTC)))
    gallery.ingest(ours)
    replace(gallery, actor=stranger).ingest(theirs)
    study, series = ours.StudyInstanceUID, ours.SeriesInstanceUID

    for one in (ours, theirs):
        found = metadata.of_instance(study, series, one.SOPInstanceUID, service="", actor=gallery.actor)
        assert [member.sop_uid for member in found.members] == [one.SOPInstanceUID]

    both = b"".join(metadata.joined(metadata.of_series(study, series, service="", actor=gallery.actor)))
    assert [model["00080018"]["Value"] for model in orjson.loads(both)] == [
        [ours.SOPInstanceUID],
        [theirs.SOPInstanceUID],
    ]
