"""Marks: made once, changed by their makers alone, removed with a way back, gone with their images."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dicomgallery.access import LOCAL_OWNER, SYSTEM, Actor, ActorKind, Permission, Scope
from dicomgallery.catalog import marks
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from dicomgallery.models import AuditEvent, Mark, db, now, transaction
from dicomgallery.services import annotating, removal, upkeep
from dicomgallery.services.annotating import Draft, Outdated, Saved, deeds
from tests.conftest import Gallery
from tests.marking import ARROW, ELLIPSE, LENGTH, drawn, new_key
from tests.services.scenery import images, with_settings

DRAWS = frozenset({Permission.VIEW, Permission.ANNOTATE})
COLLEAGUE = Actor(ActorKind.OWNER, "colleague", "A colleague", Scope(), DRAWS)
PAINTER = Actor(ActorKind.OWNER, "painter", "A painter", Scope(), DRAWS)


def one_image(gallery: Gallery) -> int:
    (outcome,) = gallery.ingest(synthetic.ct_series(1, 32, 32)[0])
    return int(outcome.instance_id)  # type: ignore[union-attr]


def kept(image: int) -> list[Mark]:
    db.session.rollback()
    return marks.of_images(gallery_scope(), [image])


def gallery_scope() -> Scope:
    return LOCAL_OWNER.scope


def put(key: str, actor: Actor = LOCAL_OWNER, **body: Any) -> Saved | Outdated:
    return annotating.put(key, Draft.parse(body), actor=actor)


def events() -> list[tuple[str, str, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(AuditEvent).where(AuditEvent.event.like("mark%")).order_by(AuditEvent.id))
    return [(row.event, row.subject, row.detail) for row in rows]


def test_a_mark_is_kept_as_it_was_drawn(gallery: Gallery) -> None:
    image = one_image(gallery)

    made = drawn(image, ELLIPSE, text="  soft\r\ntissue  ")

    (found,) = kept(image)
    told = annotating.as_json(found, LOCAL_OWNER)
    assert told["points"] == ELLIPSE["points"]
    assert told["figures"] == ELLIPSE["figures"]
    assert (told["text"], told["calibration"]) == ("soft\ntissue", "Pixel Spacing (0028,0030)")
    assert (told["frame"], told["version"], told["removed"], told["mine"]) == (1, 1, False, True)
    assert (found.key, found.owner_id, found.owner_name) == (made.key, "owner", "Local owner")
    assert found.created_at.tzinfo is not None


def test_the_same_mark_sent_twice_is_one(gallery: Gallery) -> None:
    image, key = one_image(gallery), new_key()

    first, second = (put(key, image=image, **LENGTH) for _ in range(2))

    assert isinstance(first, Saved)
    assert isinstance(second, Saved)
    assert (first.is_new, second.is_new, second.mark.version) == (True, False, 1)
    assert len(kept(image)) == 1


def test_a_change_needs_the_version_it_is_of_and_leaves_the_rest(gallery: Gallery) -> None:
    image = one_image(gallery)
    mark = drawn(image, ARROW)

    changed = put(mark.key, points=[[11, 10], [20, 4]], version=1)
    late = put(mark.key, text="late", version=1)

    assert isinstance(changed, Saved)
    assert isinstance(late, Outdated)
    assert late.mark.version == 2
    (found,) = kept(image)
    assert (found.text, json.loads(found.points)[0]) == ("for Dr. Doe", [11, 10])


@pytest.mark.parametrize(
    ("change", "said"),
    [({"kind": "probe"}, "keeps its kind"), ({"frame": 2}, "keeps its frame"), ({"points": [[1, 1]]}, "2 points")],
)
def test_a_mark_stays_what_it_is(gallery: Gallery, change: dict[str, Any], said: str) -> None:
    mark = drawn(one_image(gallery))

    with pytest.raises(RefusedError, match=said):
        put(mark.key, version=1, **change)


def test_a_mark_stays_on_its_image(gallery: Gallery) -> None:
    first, second = (outcome.instance_id for outcome in gallery.ingest(*synthetic.ct_series(2, 32, 32)))  # type: ignore[union-attr]
    mark = drawn(first)

    with pytest.raises(RefusedError, match="keeps its image"):
        put(mark.key, image=second, version=1)


def test_others_see_a_mark_and_leave_it_as_it_is(gallery: Gallery) -> None:
    image = one_image(gallery)
    mark = drawn(image, actor=PAINTER)

    for deed in (
        lambda: put(mark.key, COLLEAGUE, text="mine now", version=1),
        lambda: annotating.remove(mark.key, actor=COLLEAGUE),
        lambda: annotating.restore(mark.key, actor=COLLEAGUE),
    ):
        with pytest.raises(ForbiddenError, match="Only who made a mark"):
            deed()
    told = annotating.as_json(mark, COLLEAGUE)
    assert (told["by"], told["mine"]) == ("A painter", False)
    assert annotating.as_json(mark, LOCAL_OWNER)["mine"], "who administers may"
    assert annotating.remove(mark.key, actor=LOCAL_OWNER).removed_at is not None


def test_who_may_only_look_draws_nothing(gallery: Gallery, onlooker: Actor) -> None:
    image = one_image(gallery)
    mark = drawn(image)

    with pytest.raises(ForbiddenError):
        put(new_key(), onlooker, image=image, **LENGTH)
    with pytest.raises(ForbiddenError):
        annotating.remove(mark.key, actor=onlooker)
    assert not annotating.as_json(mark, onlooker)["mine"]


def test_a_stranger_finds_neither_the_image_nor_the_mark(gallery: Gallery, stranger: Actor) -> None:
    image = one_image(gallery)
    mark = drawn(image)

    with pytest.raises(NotFoundError):
        put(new_key(), stranger, image=image, **LENGTH)
    with pytest.raises(RefusedError, match="no mark of this key"):
        put(mark.key, stranger, text="x", version=1)
    with pytest.raises(NotFoundError):
        annotating.remove(mark.key, actor=stranger)
    assert marks.of_images(stranger.scope, [image]) == []


def test_a_removed_mark_comes_back_until_it_is_swept(gallery: Gallery) -> None:
    image = one_image(gallery)
    mark = drawn(image)

    removed = annotating.remove(mark.key, actor=LOCAL_OWNER)
    again = annotating.remove(mark.key, actor=LOCAL_OWNER)
    assert (removed.version, again.version, kept(image)) == (2, 2, [])
    assert upkeep.sweep(actor=SYSTEM).marks == 0

    assert isinstance(put(mark.key, removed=False, version=1), Outdated)
    assert isinstance(put(mark.key, removed=False, version=2), Saved)
    assert [one.key for one in kept(image)] == [mark.key]

    annotating.remove(mark.key, actor=LOCAL_OWNER)
    annotating.restore(mark.key, actor=LOCAL_OWNER)
    assert len(kept(image)) == 1
    names = [event for event, _, _ in events()]
    assert names == ["mark_made", "mark_removed", "mark_restored", "mark_removed", "mark_restored"]


def test_marks_removed_long_ago_are_swept(gallery: Gallery) -> None:
    image = one_image(gallery)
    old, young = drawn(image), drawn(image, ARROW)
    for one in (old, young):
        annotating.remove(one.key, actor=LOCAL_OWNER)
    with transaction() as session:
        session.execute(update(Mark).where(Mark.key == old.key).values(removed_at=now() - timedelta(days=31)))

    with with_settings(gallery, bin_days=0):
        assert upkeep.sweep(actor=SYSTEM).marks == 0
    assert upkeep.sweep(actor=SYSTEM).marks == 1

    with pytest.raises(NotFoundError):
        annotating.restore(old.key, actor=LOCAL_OWNER)
    annotating.restore(young.key, actor=LOCAL_OWNER)
    assert [one.key for one in kept(image)] == [young.key]


def test_marks_hide_with_their_image_come_back_with_it_and_go_with_it(gallery: Gallery) -> None:
    image = one_image(gallery)
    mark = drawn(image)

    deed = removal.to_bin(images([image]), actor=LOCAL_OWNER)
    assert kept(image) == []
    with pytest.raises(NotFoundError, match="deleted or replaced"):
        put(mark.key, text="x", version=1)
    with pytest.raises(NotFoundError):
        put(new_key(), image=image, **LENGTH)

    removal.restore(deed.id, actor=LOCAL_OWNER)
    assert len(kept(image)) == 1

    removal.to_bin(images([image]), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)
    db.session.rollback()
    assert db.session.scalars(select(Mark)).all() == []


def test_an_image_a_series_and_its_bytes_have_room_for_so_many(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (outcome.instance_id for outcome in gallery.ingest(*synthetic.ct_series(2, 32, 32)))  # type: ignore[union-attr]
    monkeypatch.setattr(deeds, "MOST_AN_IMAGE", 2)
    monkeypatch.setattr(deeds, "MOST_A_SERIES", 3)
    one, other = drawn(first), drawn(first)
    annotating.remove(other.key, actor=LOCAL_OWNER)

    with pytest.raises(ConflictError, match="An image has at most 2 marks"):
        drawn(first)
    drawn(second)
    with pytest.raises(ConflictError, match="A series has at most 3 marks"):
        drawn(second)
    assert isinstance(put(one.key, text="still changed", version=1), Saved)

    monkeypatch.setattr(deeds, "MOST_BYTES_A_SERIES", 1000)
    with pytest.raises(ConflictError, match="The marks of a series have at most"):
        put(one.key, text="x" * 900, version=2)


def test_the_audit_has_rows_and_no_words(gallery: Gallery) -> None:
    image = one_image(gallery)
    mark = drawn(image, ARROW)
    put(mark.key, text="for Prof. Roe", version=1)

    assert events() == [
        ("mark_made", f"mark:{mark.id}", f'{{"instance": {image}}}'),
        ("mark_changed", f"mark:{mark.id}", f'{{"instance": {image}}}'),
    ]


def test_a_frame_beyond_the_image_and_an_object_without_pictures_are_refused(gallery: Gallery) -> None:
    cine, report = (
        outcome.instance_id  # type: ignore[union-attr]
        for outcome in gallery.ingest(synthetic.us_cine(3, 32, 32), synthetic.basic_report())
    )

    assert drawn(cine, frame=3).frame == 3
    with pytest.raises(RefusedError, match="frames 1 to 3"):
        drawn(cine, frame=4)
    with pytest.raises(RefusedError, match="no picture"):
        drawn(report)


def test_each_workspace_has_its_own_keys(gallery: Gallery) -> None:
    image = one_image(gallery)
    key = new_key()
    drawn(image, key=key)
    db.session.rollback()

    at_home = replace(LOCAL_OWNER, scope=Scope(frozenset({1})))
    assert marks.to_change(at_home.scope, key) is not None
    assert marks.to_change(Scope(frozenset({2})), key) is None
    assert marks.to_change(LOCAL_OWNER.scope, key, 2) is None
