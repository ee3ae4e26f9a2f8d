"""The values of frames over HTTP, and the list that says where each is."""

import gzip

import numpy as np
from flask.testing import FlaskClient

from dicomgallery.dicom import synthetic
from dicomgallery.models import Instance, db
from tests import enhanced
from tests.conftest import Gallery
from tests.imaging.making import image
from tests.imaging.values_read import read
from tests.web.conftest import Browser, Statements

FRAMES = "/series/1/viewer/frames.json"
ELSEWHERE = {"X-Forwarded-For": "203.0.113.7"}


def test_values_are_sent_packed_to_who_can_unpack_them_and_never_twice(gallery: Gallery, client: FlaskClient) -> None:
    gallery.ingest(*synthetic.ct_series(1, 64, 64))
    address = client.get(FRAMES).get_json()["frames"][0]["values"]

    packed = client.get(address, headers={"Accept-Encoding": "gzip, br", **ELSEWHERE})
    plain = client.get(address, headers=ELSEWHERE)
    refusing = client.get(address, headers={"Accept-Encoding": "gzip;q=0", **ELSEWHERE})
    at_hand = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert (packed.status_code, packed.mimetype) == (200, "application/octet-stream")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert gzip.decompress(packed.data) == plain.data == refusing.data
    assert "Content-Encoding" not in plain.headers
    assert ("Content-Encoding" in at_hand.headers, at_hand.data) == (False, plain.data)
    assert {answer.headers["Vary"] for answer in (packed, plain)} == {"Accept-Encoding"}
    assert "immutable" in packed.headers["Cache-Control"]
    assert read(plain.data).pixels.shape == (64, 64)


def test_values_that_are_known_already_are_not_sent_again(gallery: Gallery, client: FlaskClient) -> None:
    gallery.ingest(*synthetic.ct_series(1, 64, 64))
    address = client.get(FRAMES).get_json()["frames"][0]["values"]
    tag = client.get(address, headers={"Accept-Encoding": "gzip"}).headers["ETag"]

    again = client.get(address, headers={"If-None-Match": tag})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Vary"] == "Accept-Encoding"


def test_noise_is_sent_as_it_is(gallery: Gallery, client: FlaskClient) -> None:
    noise = np.random.default_rng(3).integers(0, 1 << 16, (64, 64), np.uint16)
    gallery.ingest(image(noise))

    answer = client.get(
        client.get(FRAMES).get_json()["frames"][0]["values"], headers={"Accept-Encoding": "gzip", **ELSEWHERE}
    )

    assert "Content-Encoding" not in answer.headers
    assert np.array_equal(read(answer.data).pixels, noise)


def test_only_the_values_of_a_frame_have_an_address(gallery: Gallery, client: FlaskClient) -> None:
    gallery.ingest(*synthetic.ct_series(1, 64, 64))
    address = client.get(FRAMES).get_json()["frames"][0]["values"]

    assert client.get(address.replace("f1-", "")).status_code == 404
    assert client.get(address.replace("native", "native-invert")).status_code == 404
    nothing = client.get(address.replace("f1-", "f2-"))
    assert nothing.headers["X-No-Picture"] == "no_such_frame"


def test_the_list_says_where_each_image_lies_and_in_which_space(gallery: Gallery, client: FlaskClient) -> None:
    slices = synthetic.ct_series(3, 32, 32)
    gallery.ingest(*slices)

    found = client.get(FRAMES).get_json()

    assert found["space"] == slices[0].FrameOfReferenceUID
    by_height = sorted(slices, key=lambda one: float(one.ImagePositionPatient[2]))
    assert [one["at"] for one in found["frames"]] == [
        [float(part) for part in one.ImagePositionPatient] for one in by_height
    ]
    assert {tuple(one["axes"]) for one in found["frames"]} == {(1, 0, 0, 0, 1, 0)}
    assert [one["frame"] for one in found["frames"]] == [1, 1, 1]
    assert all(one["values"].startswith(f"/pictures/{one['image']}-") for one in found["frames"])


def test_the_list_says_where_each_frame_lies(gallery: Gallery, client: FlaskClient) -> None:
    frames = [{"PlanePosition": {"ImagePositionPatient": [1, 2, height]}} for height in (5, 7.5)]
    shared = {"PlaneOrientation": {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}}
    gallery.ingest(enhanced.as_file(enhanced.enhanced(frames, shared)))
    gallery.work()

    found = client.get(FRAMES).get_json()["frames"]

    assert [(one["frame"], one["at"], one["axes"]) for one in found] == [
        (1, [1, 2, 5], [0, 1, 0, 0, 0, -1]),
        (2, [1, 2, 7.5], [0, 1, 0, 0, 0, -1]),
    ]
    assert found[1]["values"].endswith("/f2-native.values")


def test_the_planes_of_a_dose_lie_where_their_offsets_say(gallery: Gallery, client: FlaskClient) -> None:
    dose = image(
        np.zeros((3, 8, 8), np.uint16),
        frames=True,
        Modality="RTDOSE",
        ImagePositionPatient=[0, 0, 10],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        FrameIncrementPointer=0x3004000C,
        GridFrameOffsetVector=[0, 2, 5],
    )
    gallery.ingest(dose)
    gallery.work()

    assert [one["at"] for one in client.get(FRAMES).get_json()["frames"]] == [[0, 0, 10], [0, 0, 12], [0, 0, 15]]


def test_what_does_not_say_where_it_lies_is_nowhere(gallery: Gallery, client: FlaskClient) -> None:
    gallery.ingest(synthetic.us_cine(2, 32, 32))

    found = client.get(FRAMES).get_json()

    assert found["space"] is None or isinstance(found["space"], str)
    assert [(one["at"], one["axes"]) for one in found["frames"]] == [(None, None), (None, None)]


def test_a_long_list_asks_the_database_no_more_than_a_short_one(
    gallery: Gallery, browser: Browser, statements: Statements
) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    with statements() as few:
        browser.client.get(FRAMES)
    gallery.ingest(*synthetic.ct_series(9, 16, 16)[2:])

    with statements() as many:
        assert len(browser.client.get(FRAMES).get_json()["frames"]) == 9

    assert len(many) == len(few)


def test_an_address_that_names_other_bytes_gives_no_values(gallery: Gallery, client: FlaskClient) -> None:
    gallery.ingest(*synthetic.ct_series(1, 16, 16))
    address = client.get(FRAMES).get_json()["frames"][0]["values"]
    row = db.session.get(Instance, 1)
    assert row is not None

    assert client.get(address.replace(row.blob_sha256[:12], "0" * 12)).status_code == 404
