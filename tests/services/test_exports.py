"""Files made of a series: what is in them, what is told of what is lacking, and when they go."""

import errno
import io
import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from dicomgallery.access import Actor
from dicomgallery.catalog.exports import Account
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ForbiddenError, NotFoundError, RefusedError
from dicomgallery.imaging.exports import mp4
from dicomgallery.imaging.spec import Format, RenderSpec, Window
from dicomgallery.imaging.volumes.turn import Shows, Turn
from dicomgallery.models import Export, db, in_context, now, transaction
from dicomgallery.services import exports, pictures, removal, rotations
from dicomgallery.services import volumes as all_volumes
from dicomgallery.services.exports import TURNING, Asked, Kind, Of
from dicomgallery.services.pictures import Picture
from dicomgallery.services.upkeep import clear_exports
from tests import volumes
from tests.conftest import Gallery
from tests.marking import drawn

Values = npt.NDArray[np.uint8]


def made(gallery: Gallery, asked: Asked, series_id: int = 1) -> Account:
    """Ask for an export and have it made."""
    export_id = exports.ask(series_id, asked, actor=gallery.actor)
    gallery.work()
    return exports.of(export_id, actor=gallery.actor)


def taken(gallery: Gallery, asked: Asked) -> bytes:
    """The bytes of an export."""
    account = made(gallery, asked)
    assert account.stage == "ready", account.sentence
    download = exports.file(account.export.id, actor=gallery.actor)
    data = b"".join(download.chunks())
    assert len(data) == download.size_bytes == account.export.size_bytes
    return data


def zipped(gallery: Gallery, asked: Asked) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(taken(gallery, asked)))
    assert archive.testzip() is None
    return archive


def shown(gallery: Gallery, instance_id: int, spec: RenderSpec) -> Values:
    """What the gallery itself shows of an image."""
    picture = pictures.of(instance_id, spec, actor=gallery.actor)
    assert isinstance(picture, Picture)
    return np.asarray(Image.open(io.BytesIO(picture.read())))


def test_pictures_leave_in_the_order_of_the_viewer_through_the_window_asked_for(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(5, 32, 24))
    window = Window(-600, 1500)

    archive = zipped(gallery, Asked(Kind.PNG, first=2, step=2, window=window, invert=True))

    assert archive.namelist() == ["0002.png", "0004.png", "READ ME.txt"]
    # The table moves up as numbers grow: the first of the viewer is the last that came.
    second = np.asarray(Image.open(io.BytesIO(archive.read("0002.png"))))
    assert np.array_equal(second, shown(gallery, 4, RenderSpec(window=window, invert=True, format=Format.PNG)))
    assert "Window: width 1500, center −600, inverted." in archive.read("READ ME.txt").decode()


def test_every_frame_of_a_movie_leaves_as_a_jpeg_of_its_own_size(gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(4, 48, 64))

    archive = zipped(gallery, Asked(Kind.JPEG))

    assert archive.namelist() == ["0001.jpg", "0002.jpg", "0003.jpg", "0004.jpg", "READ ME.txt"]
    assert Image.open(io.BytesIO(archive.read("0003.jpg"))).size == (64, 48)


def test_nothing_that_leaves_says_whom_it_shows(gallery: Gallery) -> None:
    series = synthetic.ct_series(3, 16, 16)
    gallery.ingest(*series)
    names = (b"Clara", b"Synthetic", str(series[0].PatientID).encode(), str(series[0].SeriesInstanceUID).encode())

    for kind in (Kind.PNG, Kind.SHEET, Kind.PDF, Kind.GIF, Kind.WEBP, Kind.NIFTI, Kind.NUMPY):
        data = taken(gallery, Asked(kind))
        unpacked = [data]
        if data.startswith(b"PK"):
            archive = zipfile.ZipFile(io.BytesIO(data))
            unpacked += [archive.read(name) for name in archive.namelist()]
        assert not [name for name in names for part in unpacked if name in part], kind


def test_a_picture_that_cannot_be_drawn_stops_nothing_and_is_told(gallery: Gallery) -> None:
    series = synthetic.ct_series(3, 16, 16)
    series[1].PixelData = series[1].PixelData[:64]
    gallery.ingest(*series)

    account = made(gallery, Asked(Kind.PNG))

    assert account.stage == "ready"
    (remark,) = json.loads(account.export.remarks)
    assert remark.startswith("One picture could not be drawn: number 2.")
    archive = zipfile.ZipFile(gallery.settings.exports / str(account.export.id))
    assert archive.namelist() == ["0001.png", "0003.png", "READ ME.txt"]
    assert "These could not be drawn:\n2: " in archive.read("READ ME.txt").decode()


def test_a_series_none_of_which_can_be_drawn_is_refused_with_the_reason(gallery: Gallery) -> None:
    (one,) = synthetic.ct_series(1, 16, 16)
    one.PixelData = one.PixelData[:64]
    gallery.ingest(one)

    account = made(gallery, Asked(Kind.GIF))

    assert account.stage == "failed"
    assert account.sentence.startswith("None of these pictures can be drawn. ")


@pytest.mark.parametrize("kind", [Kind.GIF, Kind.WEBP])
def test_a_movie_of_grays_holds_the_very_pictures_and_lasts_as_long_as_it_should(gallery: Gallery, kind: Kind) -> None:
    gallery.ingest(*synthetic.ct_series(7, 40, 32))

    movie = Image.open(io.BytesIO(taken(gallery, Asked(kind, fps=12, auto=True))))

    assert (movie.format, movie.size, movie.n_frames, movie.info["loop"]) == (kind.value.upper(), (32, 40), 7, 0)
    lasting = 0
    for place in range(7):
        movie.seek(place)
        movie.load()
        lasting += movie.info["duration"]
        wanted = shown(gallery, 7 - place, RenderSpec(auto=True, format=Format.PNG))
        assert np.array_equal(np.asarray(movie.convert("L")), wanted)
    assert abs(lasting - 7 * 1000 / 12) <= 5


def test_a_movie_in_color_comes_near_its_pictures(gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 96, 128))

    movie = Image.open(io.BytesIO(taken(gallery, Asked(Kind.GIF, longest_side=64))))

    assert (movie.size, movie.n_frames) == ((64, 48), 3)
    movie.seek(1)
    wanted = shown(gallery, 1, RenderSpec(frame=2, width=64, format=Format.PNG))
    if wanted.ndim == 2:
        wanted = np.repeat(wanted[..., None], 3, axis=2)
    near = np.abs(np.asarray(movie.convert("RGB")).astype(int) - wanted.astype(int))
    assert near.mean() < 6


def test_images_of_several_sizes_stand_in_the_middle_of_one_ground(gallery: Gallery) -> None:
    small, large = synthetic.ct_slice(1, rows=16, columns=16), synthetic.ct_slice(2, rows=32, columns=24)
    gallery.ingest(small, large)

    movie = Image.open(io.BytesIO(taken(gallery, Asked(Kind.WEBP, window=Window(-2000, 1)))))

    assert (movie.size, movie.n_frames) == ((24, 32), 2)
    movie.seek(1)
    pixels = np.asarray(movie.convert("L"))
    assert pixels[8:24, 4:20].min() == 255
    assert pixels[:8].max() == 0


@pytest.mark.skipif(not mp4.is_here(), reason="PyAV is not installed: pip install -r requirements-video.txt")
def test_an_mp4_of_planes_plays_and_shows_what_they_show(gallery: Gallery) -> None:
    import av

    gallery.ingest(*synthetic.ct_series(9, 64, 48))

    data = taken(gallery, Asked(Kind.MP4, of=Of.CORONAL, fps=12.5, last=20))

    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(stream)]
        assert (stream.codec_context.name, float(stream.average_rate), len(frames)) == ("h264", 12.5, 20)
    png = zipped(gallery, Asked(Kind.PNG, of=Of.CORONAL, first=20, last=20)).read("0020.png")
    wanted = np.asarray(Image.open(io.BytesIO(png)))
    height, width = frames[19].shape
    assert (height % 2, width % 2) == (0, 0)
    top, left = (height - wanted.shape[0]) // 2, (width - wanted.shape[1]) // 2
    shown_there = frames[19][top : top + wanted.shape[0], left : left + wanted.shape[1]]
    assert np.abs(shown_there.astype(int) - wanted).mean() < 4


def test_where_pyav_is_missing_an_mp4_is_refused_with_the_way_to_get_it(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    monkeypatch.setattr(mp4, "find_spec", lambda _name: None)

    with pytest.raises(RefusedError, match=r"pip install -r requirements-video\.txt"):
        exports.ask(1, Asked(Kind.MP4), actor=gallery.actor)


def test_a_contact_sheet_has_every_picture_with_its_number(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(8, 64, 64))

    sheet = Image.open(io.BytesIO(taken(gallery, Asked(Kind.SHEET, step=2))))
    pdf = taken(gallery, Asked(Kind.PDF))

    assert sheet.mode == "L"
    assert sheet.width >= 2 * 64
    assert sheet.height >= 64
    assert pdf.startswith(b"%PDF-")
    assert b"/Title" in pdf


def test_a_pdf_of_many_pictures_has_several_pages(gallery: Gallery) -> None:
    import pypdfium2

    gallery.ingest(synthetic.us_cine(30, 224, 224))

    document = pypdfium2.PdfDocument(taken(gallery, Asked(Kind.PDF)))

    # Four across a page and six down.
    assert len(document) == 2
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    document.close()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"first": 5, "last": 2}, "The range runs backwards, from 5 to 2."),
        ({"fps": 0}, "The pictures a second must lie between 0.1 and 50."),
        ({"fps": float("nan")}, "The pictures a second must lie between 0.1 and 50."),
        ({"longest_side": 10**9}, "The longest side must lie between 32 and 2\u202f048."),
        ({"step": 0}, "Every how many must lie between 1 and 1\u202f000\u202f000."),
        ({"first": 10**9}, "The first picture must lie between 1 and 1\u202f000\u202f000."),
        ({"kind": Kind.JPEG, "of": Of.AXIAL}, "Planes and turning volumes leave as PNG"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        Asked(**{"kind": Kind.GIF, **fields})  # type: ignore[arg-type]

    assert refusal.value.message.startswith(sentence)


def test_too_many_pictures_are_refused_with_how_to_take_fewer(gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(401, 8, 8))

    with pytest.raises(RefusedError) as refusal:
        exports.ask(1, Asked(Kind.SHEET), actor=gallery.actor)

    assert refusal.value.message == (
        "A contact sheet takes 400 pictures at most, and these are 401. Take fewer, or every 2 of them."
    )
    with pytest.raises(RefusedError, match="There are 401 pictures; none is left from number 402 on"):
        exports.ask(1, Asked(Kind.GIF, first=402), actor=gallery.actor)


def test_planes_of_what_makes_no_volume_fail_with_the_reason(gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 16, 16))

    for asked in (Asked(Kind.GIF, of=Of.AXIAL), Asked(Kind.NIFTI)):
        account = made(gallery, asked)
        assert (account.stage, account.sentence) == (
            "failed", "The files do not say where the images lie in the patient.",
        )  # fmt: skip


def test_asking_twice_for_the_same_makes_it_once(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    asked = Asked(Kind.PNG)

    first, second = (exports.ask(1, asked, actor=gallery.actor) for _ in range(2))

    assert first == second
    assert exports.ask(1, Asked(Kind.PNG, invert=True), actor=gallery.actor) != first


def test_an_export_belongs_to_who_asked_for_it(gallery: Gallery, onlooker: Actor, stranger: Actor) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    export_id = made(gallery, Asked(Kind.PNG)).export.id

    with pytest.raises(ForbiddenError):
        exports.ask(1, Asked(Kind.PNG), actor=onlooker)
    with pytest.raises(NotFoundError):
        exports.ask(1, Asked(Kind.PNG), actor=stranger)
    with pytest.raises(NotFoundError):
        exports.file(export_id, actor=stranger)


def test_a_cancelled_export_is_not_made_and_says_so(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    gallery.work()
    export_id = exports.ask(1, Asked(Kind.PNG), actor=gallery.actor)

    assert exports.cancel(export_id, actor=gallery.actor).stage == "cancelled"

    assert gallery.work() == 0
    with pytest.raises(NotFoundError, match="was cancelled"):
        exports.file(export_id, actor=gallery.actor)


def test_one_cancelled_while_it_is_made_breaks_off_and_leaves_nothing(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicomgallery.services.exports.workshop.TELL_SECONDS", 0.0)
    gallery.ingest(*synthetic.ct_series(30, 16, 16))
    gallery.work()
    export_id = exports.ask(1, Asked(Kind.PNG), actor=gallery.actor)
    drawn: list[int] = []
    draw = pictures.made
    cancel = in_context(lambda: exports.cancel(export_id, actor=gallery.actor))

    def cancelling(*args: object, **options: object) -> object:
        drawn.append(1)
        if len(drawn) == 5:
            cancel()
        return draw(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures, "made", cancelling)
    gallery.work()

    assert len(drawn) < 15
    assert exports.of(export_id, actor=gallery.actor).stage == "cancelled"
    assert list(gallery.settings.exports.iterdir()) == []


def test_an_export_is_removed_with_its_file(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    export_id = made(gallery, Asked(Kind.PNG)).export.id

    exports.remove(export_id, actor=gallery.actor)

    assert list(gallery.settings.exports.iterdir()) == []
    with pytest.raises(NotFoundError):
        exports.of(export_id, actor=gallery.actor)


def test_a_day_later_the_file_is_gone_and_its_page_says_so(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    old, new = (made(gallery, Asked(Kind.PNG, invert=invert)).export.id for invert in (True, False))
    with transaction() as session:
        session.get_one(Export, old).expires_at = now()

    assert exports.of(old, actor=gallery.actor).stage == "expired"
    cleared = clear_exports(actor=gallery.actor)

    assert (cleared.expired, cleared.files) == (1, 1)
    with pytest.raises(NotFoundError, match="kept for a day"):
        exports.file(old, actor=gallery.actor)
    assert exports.file(new, actor=gallery.actor).path.is_file()


def test_the_files_of_a_series_go_with_it(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    export_id = made(gallery, Asked(Kind.PNG)).export.id

    deed = removal.to_bin(Selection(series=(1,)), actor=gallery.actor)
    with pytest.raises(NotFoundError, match="is in the bin"):
        exports.file(export_id, actor=gallery.actor)
    removal.restore(deed.id, actor=gallery.actor)
    assert exports.file(export_id, actor=gallery.actor).path.is_file()
    removal.to_bin(Selection(series=(1,)), actor=gallery.actor)
    removal.empty_bin(actor=gallery.actor)
    gallery.work()

    assert db.session.get(Export, export_id) is None
    assert list(gallery.settings.exports.iterdir()) == []


def test_a_series_that_goes_while_it_waits_is_told(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    export_id = exports.ask(1, Asked(Kind.PNG), actor=gallery.actor)
    removal.to_bin(Selection(series=(1,)), actor=gallery.actor)

    gallery.work()

    assert exports.of(export_id, actor=gallery.actor).sentence == "There are no pictures in this series any more."


def test_all_exports_together_stay_under_their_limit(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery.ingest(*synthetic.ct_series(2, 64, 64))
    monkeypatch.setattr(type(gallery.settings), "export_bytes", property(lambda _: 1000), raising=False)

    account = made(gallery, Asked(Kind.PNG))

    assert account.stage == "failed"
    assert account.sentence.startswith("All exports together may take")
    assert list(gallery.settings.exports.iterdir()) == []


def test_a_full_disk_is_told_in_words(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    gallery.work()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    export_id = exports.ask(1, Asked(Kind.PNG), actor=gallery.actor)
    monkeypatch.setattr(os, "fsync", full)
    gallery.work()

    assert exports.of(export_id, actor=gallery.actor).sentence.startswith("The gallery's disk is full")
    assert list(gallery.settings.exports.iterdir()) == []


def inked(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """The rows and columns where the color of marks was laid on."""
    found: npt.NDArray[np.intp] = np.argwhere(picture[..., 0].astype(int) - picture[..., 2] > 60)
    return found


def test_marks_leave_on_their_pictures_when_asked_for_their_texts_only_with_names(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, 64, 64))
    # The first of the viewer is the last that came.
    drawn(3, {"kind": "arrow", "points": [[10, 50], [20, 50]], "text": "for Dr. Doe"})

    def left(**asked: bool) -> list[npt.NDArray[np.uint8]]:
        archive = zipped(gallery, Asked(Kind.PNG, **asked))
        said = archive.read("READ ME.txt").decode()
        assert ("1 mark drawn over 1 picture" in said) == asked.get("marks", False)
        assert ("may name somebody" in said) == asked.get("names", False)
        return [
            np.asarray(Image.open(io.BytesIO(archive.read(f"{number:04d}.png"))).convert("RGB")) for number in (1, 2, 3)
        ]

    plain, marked, named = left(), left(marks=True), left(marks=True, names=True)

    assert [len(inked(one)) for one in plain] == [0, 0, 0]
    assert [len(inked(one)) > 0 for one in marked] == [True, False, False]
    rows, columns = inked(marked[0]).T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (
        pytest.approx(50, abs=3), pytest.approx(51, abs=3), pytest.approx(10, abs=2), pytest.approx(21, abs=2),
    )  # fmt: skip
    assert len(inked(named[0])) > 2 * len(inked(marked[0]))
    movie = Image.open(io.BytesIO(taken(gallery, Asked(Kind.WEBP, marks=True))))
    assert len(inked(np.asarray(movie.convert("RGB")))) > 0
    leaf = zipped(gallery, Asked(Kind.JPEG, marks=True, last=1))
    assert len(inked(np.asarray(Image.open(io.BytesIO(leaf.read("0001.jpg")))))) > 0


def test_marks_that_nobody_made_are_told_to_be_lacking(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    drawn(1)

    account = made(gallery, Asked(Kind.GIF, marks=True, last=1))

    assert json.loads(account.export.remarks) == [
        "Nobody has drawn on these images, so there are no marks on the pictures."
    ]


@pytest.mark.parametrize("of", sorted(TURNING))
def test_a_volume_leaves_turning_as_a_movie_and_as_pictures(gallery: Gallery, of: Of) -> None:
    gallery.ingest(*volumes.scan(step_mm=4.0, pixel_mm=(2.0, 2.0)))
    asked = Asked(Kind.GIF, of=of, degrees=45, tilt=10, window=Window(500, 1400), threshold=250, longest_side=128)

    movie = Image.open(io.BytesIO(taken(gallery, asked)))
    pictures = zipped(gallery, replace(asked, kind=Kind.PNG))

    assert (movie.size, movie.n_frames) == ((128, 128), 8)
    assert pictures.namelist() == [*(f"{number:04d}.png" for number in range(1, 9)), "READ ME.txt"]
    assert "in a full turn" in pictures.read("READ ME.txt").decode()
    ready = all_volumes.built(1, actor=gallery.actor)
    assert isinstance(ready, all_volumes.Ready)
    turn = Turn(90, 10, Shows(of.value), window=asked.window, threshold=250)
    there = rotations.picture(ready, turn)
    assert isinstance(there, Picture)
    assert pictures.read("0003.png") == there.read()


@pytest.mark.parametrize("changes", [{"degrees": 0.1}, {"degrees": 180.0}, {"tilt": 91.0}, {"threshold": 1e10}])
def test_a_turn_that_makes_no_sense_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(RefusedError, match="must lie between"):
        Asked(Kind.GIF, of=Of.MIP, **changes)  # type: ignore[arg-type]
