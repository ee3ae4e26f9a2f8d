"""Marks are found on the images that are shown, in the workspaces one may see, once by their key."""

from threading import Thread

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from dicomgallery.access import LOCAL_OWNER, Scope
from dicomgallery.catalog import instances, marks
from dicomgallery.models import Mark, now, transaction
from dicomgallery.services import annotating
from dicomgallery.services.annotating import Draft, Outdated
from tests.catalog.cast import EVERYTHING, HOME, OTHER, Cast


def drawn(instance_id: int, key: str, *, workspace_id: int = 1, removed: bool = False, size_bytes: int = 10) -> None:
    with transaction() as session:
        mark = Mark(workspace_id=workspace_id, key=key, instance_key=instance_id, kind="probe", points="[[1, 2]]")
        mark.owner_id, mark.owner_name, mark.size_bytes = "owner", "Owner", size_bytes
        mark.created_at = mark.changed_at = now()
        mark.removed_at = now() if removed else None
        session.add(mark)


def keys(found: list[Mark]) -> list[str]:
    return [mark.key for mark in found]


def test_a_workspace_sees_its_own_marks_alone(cast: Cast) -> None:
    cast.workspace()
    mine, theirs = cast.series(images=1), cast.series(images=1, workspace_id=2, patient="Roe")
    (here,), (there,) = cast.images_of(mine), cast.images_of(theirs)
    drawn(here, "same")
    drawn(there, "same", workspace_id=2)

    for scope, wanted in ((HOME, 1), (OTHER, 1), (EVERYTHING, 2), (Scope(frozenset()), 0)):
        assert len(marks.of_images(scope, [here, there])) == wanted
        assert len(marks.of_series(scope, mine)) + len(marks.of_series(scope, theirs)) == wanted
        assert (marks.to_change(scope, "same") is not None) == bool(wanted)
    assert marks.held(OTHER, instances.by_id(EVERYTHING, here)).by_series == 0


def test_removed_marks_and_those_of_hidden_images_are_not_listed_and_still_held(cast: Cast) -> None:
    series = cast.series(images=3)
    first, second, third = cast.images_of(series)
    drawn(first, "a")
    drawn(first, "b", removed=True)
    drawn(second, "c")
    drawn(third, "d")
    cast.put_in_bin(second)
    cast.replace(third)

    assert keys(marks.of_series(HOME, series)) == ["a"]
    assert keys(marks.outlined(HOME, series)) == ["a"]
    assert keys(marks.of_images(HOME, [first, second, third])) == ["a"]
    found = [marks.to_change(HOME, key) for key in "abcd"]
    assert all(found)
    held = marks.held(HOME, instances.by_id(HOME, first))
    assert (held.by_image, held.by_series, held.bytes_by_series) == (2, 4, 40)


def test_an_outline_has_no_points_and_is_no_hindrance_to_reading_them(cast: Cast) -> None:
    series = cast.series()
    (image,) = cast.images_of(series)
    drawn(image, "a")

    (outline,) = marks.outlined(HOME, series)
    with pytest.raises(InvalidRequestError):
        str(outline.points)

    (whole,) = marks.of_images(HOME, [image])
    assert whole.points == "[[1, 2]]"


def test_a_key_names_one_mark_of_a_workspace(cast: Cast) -> None:
    (image,) = cast.images_of(cast.series())
    drawn(image, "a")

    with pytest.raises(IntegrityError):
        drawn(image, "a")


def test_of_two_who_change_the_same_version_at_once_one_is_told_so(app: Flask, cast: Cast) -> None:
    (image,) = cast.images_of(cast.series())
    key = "8d4c2c1e-6f0b-4c5e-9d57-0a3f2f6a7b11"
    drawn(image, key)
    done: list[object] = []

    def change() -> None:
        with app.app_context():
            done.append(annotating.put(key, Draft(text="second", version=1), actor=LOCAL_OWNER))

    other = Thread(target=change)
    with transaction():
        mark = marks.to_change(HOME, key)
        assert mark is not None
        other.start()
        # It gets as far as it can.
        other.join(0.5)
        mark.text, mark.version = "first", 2
    other.join()

    assert [type(one) for one in done] == [Outdated]
