"""WADO-RS: frames and bulk data."""

import imagecodecs
import numpy as np
import pytest
from flask.testing import FlaskClient
from pydicom import Dataset
from pydicom.dataset import Dataset as Item

from dicomgallery.access import Permission
from tests.conftest import Gallery
from tests.dicomweb.asking import EXPLICIT, JPEG_LS, address, ct, filed, get, gray_frames, jpeg_ls, parts
from tests.imaging.making import as_file, image

OCTETS = 'multipart/related; type="application/octet-stream"'


def test_frames_come_as_numbers_in_the_order_asked_for(gallery: Gallery, client: FlaskClient) -> None:
    frames = gray_frames(4)
    dataset, data = jpeg_ls(frames)
    gallery.ingest(data)

    found = parts(get(client, f"{address(dataset)}/frames/3,1,4", OCTETS))

    assert [part.data for part in found] == [frames[index].astype("<u2").tobytes() for index in (2, 0, 3)]
    assert {(part.media_type, part.syntax) for part in found} == {("application/octet-stream", EXPLICIT)}
    assert [part.location.rpartition("/")[2] for part in found] == ["3", "1", "4"]


@pytest.mark.parametrize(
    "accept", ["", "*/*", 'multipart/related; type="*/*"', 'multipart/related; type="application/*"']
)
def test_by_itself_a_frame_is_uncompressed(gallery: Gallery, client: FlaskClient, accept: str) -> None:
    frames = gray_frames(2)
    dataset, data = jpeg_ls(frames)
    gallery.ingest(data)

    (part,) = parts(get(client, f"{address(dataset)}/frames/2", accept))

    assert part.data == frames[1].astype("<u2").tobytes()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ('multipart/related; type="image/jls"', "image/jls"),
        ('multipart/related; type="image/x-jls"', "image/x-jls"),
        (f'multipart/related; type="image/jls"; transfer-syntax={JPEG_LS}', "image/jls"),
        ('multipart/related; type="image/*"', "image/jls"),
        ('multipart/related; type="*/*"; transfer-syntax=*', "image/jls"),
        # As OHIF asks: whatever it is, it reads the transfer syntax that comes with it.
        ("multipart/related; type=application/octet-stream; transfer-syntax=*", "application/octet-stream"),
    ],
)
def test_a_frame_comes_as_it_is_compressed_where_that_is_welcome(
    gallery: Gallery, client: FlaskClient, accept: str, media_type: str
) -> None:
    frames = gray_frames(2)
    dataset, data = jpeg_ls(frames)
    gallery.ingest(data)

    answer = get(client, f"{address(dataset)}/frames/2", accept)

    (part,) = parts(answer)
    assert (part.media_type, part.syntax) == (media_type, JPEG_LS)
    assert f'type="{media_type}"' in answer.headers["Content-Type"]
    assert (imagecodecs.jpegls_decode(part.data) == frames[1]).all()


@pytest.mark.parametrize(
    ("media_type", "decode"),
    [
        ("image/jls", imagecodecs.jpegls_decode),
        ("image/jp2", imagecodecs.jpeg2k_decode),
        ("image/jphc", imagecodecs.htj2k_decode),
        (
            "image/dicom-rle",
            lambda data: np.frombuffer(imagecodecs.dicomrle_decode(data, "<u2"), "<u2").reshape(24, 20),
        ),
    ],
)
def test_a_frame_is_compressed_for_who_wants_it_so(
    gallery: Gallery, client: FlaskClient, media_type: str, decode
) -> None:  # type: ignore[no-untyped-def] # four decoders
    frames = gray_frames(2)
    dataset = filed(image(frames, frames=True, BitsStored=12, HighBit=11))
    gallery.ingest(as_file(dataset))

    answer = get(client, f"{address(dataset)}/frames/1", media_type)

    assert answer.mimetype == media_type
    assert (decode(answer.data) == frames[0]).all()


def test_one_frame_may_come_by_itself_and_in_part_but_not_two(gallery: Gallery, client: FlaskClient) -> None:
    frames = gray_frames(2)
    dataset, data = jpeg_ls(frames)
    gallery.ingest(data)
    where = f"{address(dataset)}/frames"
    raw = frames[0].astype("<u2").tobytes()

    one = get(client, f"{where}/1", "application/octet-stream")
    part = get(client, f"{where}/1", "application/octet-stream", Range="bytes=10-19")
    again = get(client, f"{where}/1", "application/octet-stream", If_None_Match=one.headers["ETag"])
    two = get(client, f"{where}/1,2", "application/octet-stream")

    assert one.data == raw
    assert (part.status_code, part.data) == (206, raw[10:20])
    assert again.status_code == 304
    assert two.status_code == 406
    assert "multipart/related" in two.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize("big_endian", [False, True])
def test_uncompressed_frames_come_little_endian_whatever_the_file(
    gallery: Gallery, client: FlaskClient, *, big_endian: bool
) -> None:
    frames = gray_frames(3)
    dataset = filed(image(frames, frames=True))
    if big_endian:
        dataset.PixelData = frames.astype(">u2").tobytes()
    gallery.ingest(as_file(dataset, "1.2.840.10008.1.2.2" if big_endian else EXPLICIT))

    found = parts(get(client, f"{address(dataset)}/frames/2,3", OCTETS))

    assert [part.data for part in found] == [frame.astype("<u2").tobytes() for frame in frames[1:]]


def test_frames_of_single_bits_begin_with_a_byte_of_their_own(gallery: Gallery, client: FlaskClient) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (3, 5, 7)).astype(np.uint8)
    dataset = filed(image(bits, frames=True, BitsAllocated=1, BitsStored=1, HighBit=0))
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    gallery.ingest(as_file(dataset))

    found = parts(get(client, f"{address(dataset)}/frames/1,2,3", OCTETS))

    assert [part.data for part in found] == [
        np.packbits(frame.reshape(-1), bitorder="little").tobytes() for frame in bits
    ]


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ("0", 400),
        ("a", 400),
        ("1,,2", 400),
        ("-1", 400),
        ("1.5", 400),
        ("٣", 400),
        ("9" * 40, 400),
        ("99999", 404),
        ("1,4", 404),
    ],
)
def test_frames_that_are_none_are_refused_in_words(
    gallery: Gallery, client: FlaskClient, frames: str, status: int
) -> None:
    dataset, data = jpeg_ls(gray_frames(3))
    gallery.ingest(data)

    for ending in ("", "/rendered", "/thumbnail"):
        answer = get(client, f"{address(dataset)}/frames/{frames}{ending}")
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_frame_that_cannot_be_had_so_says_how_it_is_stored(gallery: Gallery, client: FlaskClient) -> None:
    dataset, data = jpeg_ls(gray_frames(2))
    gallery.ingest(data)

    for accept in (
        "video/mp4",
        'multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.50',
        "text/html",
    ):
        answer = get(client, f"{address(dataset)}/frames/1", accept)
        assert answer.status_code == 406
        assert "image/jls" in answer.json["detail"]  # type: ignore[index]


def test_a_report_has_no_frames(gallery: Gallery, client: FlaskClient) -> None:
    dataset = filed(Dataset())
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.826.0.1.5"
    gallery.ingest(as_file(dataset))

    assert get(client, f"{address(dataset)}/frames/1").status_code == 404


def test_a_damaged_frame_is_refused_and_not_a_failure_of_the_server(gallery: Gallery, client: FlaskClient) -> None:
    dataset, data = jpeg_ls(gray_frames(1))
    at = data.index(b"\xff\xda") + 20
    gallery.ingest(data[:at] + bytes(30) + data[at + 30 :])

    assert get(client, f"{address(dataset)}/frames/1", OCTETS).status_code in {200, 406}
    assert get(client, f"{address(dataset)}/frames/1", "image/jls").status_code == 200


def test_pixel_data_is_bulk_data_with_a_part_for_each_frame(gallery: Gallery, client: FlaskClient) -> None:
    frames = gray_frames(2)
    dataset, data = jpeg_ls(frames)
    gallery.ingest(data)
    where = f"{address(dataset)}/bulkdata/7FE00010"

    plain = parts(get(client, where))
    packed = parts(get(client, where, 'multipart/related; type="image/jls"'))

    assert [part.data for part in plain] == [frame.astype("<u2").tobytes() for frame in frames]
    assert [imagecodecs.jpegls_decode(part.data).tolist() for part in packed] == frames.tolist()


def test_a_long_value_is_found_by_its_path(gallery: Gallery, client: FlaskClient) -> None:
    ((dataset, _),) = ct(1)
    inner = Item()
    inner.EncapsulatedDocument = bytes(range(256)) * 20
    outer = Item()
    outer.add_new(0x00081111, "SQ", [Item(), inner])
    dataset.add_new(0x00081115, "SQ", [outer])
    dataset.RedPaletteColorLookupTableData = b"\1\2" * 2000
    gallery.ingest(as_file(dataset))
    where = f"{address(dataset)}/bulkdata"

    (nested,) = parts(get(client, f"{where}/00081115/0/00081111/1/00420011"))
    single = get(client, f"{where}/00281201", "application/octet-stream", Range="bytes=0-3")

    assert nested.data == inner.EncapsulatedDocument
    assert (single.status_code, single.data) == (206, b"\1\2\1\2")


@pytest.mark.parametrize(
    "path",
    [
        "00281202",
        "00100010",
        "7FE0",
        "x",
        "00081115",
        "00081115/9/00420011",
        "00081115/0",
        "../../../etc",
        "0/" * 500,
        "/",
    ],
)
def test_what_is_no_long_value_is_404(gallery: Gallery, client: FlaskClient, path: str) -> None:
    ((dataset, data),) = ct(1)
    gallery.ingest(data)

    assert get(client, f"{address(dataset)}/bulkdata/{path}").status_code == 404


def test_who_may_only_look_gets_frames_and_no_files(gallery: Gallery) -> None:
    rules = {rule.rule: gallery.app.view_functions[rule.endpoint] for rule in gallery.app.url_map.iter_rules()}
    instance = "/dicom-web/studies/<study>/series/<series>/instances/<sop>"

    assert rules[instance].permission is Permission.EXPORT  # type: ignore[attr-defined]
    assert rules[f"{instance}/frames/<frames>"].permission is Permission.VIEW  # type: ignore[attr-defined]
