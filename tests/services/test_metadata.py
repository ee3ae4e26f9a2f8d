"""Metadata of series: where they are kept, and of which workspaces they are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from dicomgallery.access import Actor
from dicomgallery.dicom import synthetic
from dicomgallery.models import Workspace, transaction
from dicomgallery.services import metadata
from dicomgallery.services.metadata_cache import Key, MetadataCache, is_whole
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


def test_what_misses_an_instance_never_stands_in_the_place_of_the_whole(tmp_path: Path) -> None:
    cache, key = MetadataCache(tmp_path, "1"), Key(1, "members", "service")
    unread: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield b"["
        unread.append(7)
        yield b"]"

    made = cache.keep(key, pieces(), is_whole=lambda: not unread)

    assert (is_whole(made), cache.find(key)) == (False, None)
    assert list(tmp_path.rglob("*.gz")) == [made]
    unread.clear()
    assert cache.keep(key, [b"[]"], is_whole=lambda: not unread) == cache.find(key)
