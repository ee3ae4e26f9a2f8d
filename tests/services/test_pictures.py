"""From an instance to a picture."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dicomgallery.access import LOCAL_OWNER, Actor, Permission
from dicomgallery.dicom import synthetic
from dicomgallery.errors import NotFoundError, UnavailableError
from dicomgallery.imaging.rendered import Rendered
from dicomgallery.imaging.spec import FULL, THUMBNAIL, RenderSpec
from dicomgallery.models import in_context
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox, Urgency
from dicomgallery.services import pictures
from dicomgallery.services.pictures import NoPicture, Picture
from tests.conftest import Gallery
from tests.services.scenery import blob_of


class Watched:
    """The sandbox, and how often it was asked; it can be away."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.asked = 0
        self.is_away = False
        self._guard = threading.Lock()

    def render(
        self, path: Path, spec: RenderSpec, *, state: Path | None = None, urgency: Urgency = Urgency.PERSON
    ) -> Rendered:
        with self._guard:
            self.asked += 1
        if self.is_away:
            raise UnavailableError("The gallery is busy; try again in a moment.")
        return self.sandbox.render(path, spec, state=state, urgency=urgency)


@pytest.fixture
def watched(gallery: Gallery, shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Watched:
    watched = Watched(shared_sandbox)
    monkeypatch.setattr(opening, "sandbox_of", lambda _settings: watched)
    return watched


def one_image(gallery: Gallery) -> int:
    (outcome,) = gallery.ingest(synthetic.ct_series(1, 64, 64)[0])
    return outcome.instance_id  # type: ignore[union-attr]


def test_a_picture_is_made_once_and_found_ever_after(gallery: Gallery, watched: Watched) -> None:
    key = one_image(gallery)
    made = pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)
    found = pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)

    assert isinstance(made, Picture)
    assert isinstance(found, Picture)
    assert made.read() == found.read()
    assert made.read().startswith(b"\xff\xd8")
    assert (found.media_type, found.size_bytes) == ("image/jpeg", len(made.read()))
    assert (made.etag, made.notes) == (found.etag, found.notes)
    assert watched.asked == 1


def test_another_spec_is_another_picture(gallery: Gallery, watched: Watched) -> None:
    key = one_image(gallery)
    small, full = (pictures.of(key, spec, actor=LOCAL_OWNER) for spec in (THUMBNAIL, FULL))

    assert isinstance(small, Picture)
    assert isinstance(full, Picture)
    assert small.etag != full.etag
    assert full.read().startswith(b"\x89PNG")
    assert watched.asked == 2


def test_many_who_ask_at_once_share_one_rendering(gallery: Gallery, watched: Watched) -> None:
    key = one_image(gallery)
    ask = in_context(lambda: pictures.of(key, FULL, actor=LOCAL_OWNER))
    with ThreadPoolExecutor(8) as threads:
        found = [future.result() for future in [threads.submit(ask) for _ in range(16)]]

    assert len({picture.read() for picture in found}) == 1
    assert watched.asked == 1


def test_what_has_no_picture_says_why_and_is_not_tried_again(gallery: Gallery, watched: Watched) -> None:
    (outcome,) = gallery.ingest(synthetic.basic_report())
    told = [pictures.of(outcome.instance_id, THUMBNAIL, actor=LOCAL_OWNER) for _ in range(3)]  # type: ignore[union-attr]

    assert isinstance(told[0], NoPicture)
    assert told[0] == told[1] == told[2]
    assert told[0].reason == "not_an_image"
    assert not told[0].passing
    assert told[0].title
    assert told[0].sentence.endswith(".")
    assert watched.asked == 1


def test_a_sandbox_that_is_away_is_no_verdict_on_the_image(gallery: Gallery, watched: Watched) -> None:
    key = one_image(gallery)
    watched.is_away = True
    told = pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)
    assert isinstance(told, NoPicture)
    assert told.passing

    watched.is_away = False

    assert isinstance(pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER), Picture)


def test_a_missing_file_is_told_and_not_remembered(gallery: Gallery, watched: Watched) -> None:
    key = one_image(gallery)
    blob = blob_of(key)
    data = blob.read_bytes()
    blob.unlink()
    told = pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)
    assert isinstance(told, NoPicture)
    assert told.passing
    assert told.reason == pictures.MISSING_FILE

    blob.write_bytes(data)

    assert isinstance(pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER), Picture)
    assert watched.asked == 1


def test_rights_are_asked_even_for_what_is_in_the_cache(gallery: Gallery, stranger: Actor) -> None:
    key = one_image(gallery)
    pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)

    with pytest.raises(NotFoundError):
        pictures.of(key, THUMBNAIL, actor=stranger)
    with pytest.raises(NotFoundError):
        pictures.of(key + 1, THUMBNAIL, actor=LOCAL_OWNER)


def test_an_address_made_for_other_bytes_names_nothing(gallery: Gallery) -> None:
    key = one_image(gallery)
    address = pictures.key(key, blob_of(key).name)
    instance_id, blob12 = pictures.parse_key(address)

    assert instance_id == key
    assert isinstance(pictures.of(instance_id, THUMBNAIL, actor=LOCAL_OWNER, blob12=blob12), Picture)
    with pytest.raises(NotFoundError):
        pictures.of(instance_id, THUMBNAIL, actor=LOCAL_OWNER, blob12="0" * 12)


@pytest.mark.parametrize(
    "text", ["", "1", "0-0123456789ab", "1-0123456789AB", "1-0123456789abc", "-1-0123456789ab", "١-0123456789ab"]
)
def test_any_other_text_is_no_address(text: str) -> None:
    with pytest.raises(NotFoundError):
        pictures.parse_key(text)


def test_a_full_disk_costs_the_cache_and_not_the_picture(gallery: Gallery) -> None:
    key = one_image(gallery)
    folder = pictures.cache().path(blob_of(key).name, THUMBNAIL.token()).parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to("nowhere")

    found = pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)

    assert isinstance(found, Picture)
    assert found.path is None
    assert found.read().startswith(b"\xff\xd8")


def test_a_picture_cleared_away_at_the_last_moment_asks_to_come_again(gallery: Gallery) -> None:
    key = one_image(gallery)
    pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)
    found = pictures.of(key, THUMBNAIL, actor=LOCAL_OWNER)
    assert isinstance(found, Picture)
    assert found.path is not None
    found.path.unlink()

    with pytest.raises(UnavailableError):
        found.read()


def test_viewing_needs_the_right_to_view(gallery: Gallery) -> None:
    key = one_image(gallery)
    blind = Actor(LOCAL_OWNER.kind, "blind", "Blind", LOCAL_OWNER.scope, frozenset({Permission.UPLOAD}))

    with pytest.raises(Exception, match="right to view"):
        pictures.of(key, THUMBNAIL, actor=blind)
