"""WADO-RS and WADO-URI: pictures."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pydicom import Dataset
from werkzeug.test import TestResponse

from dicomgallery.dicom import synthetic
from tests import presentation
from tests.conftest import Gallery
from tests.dicomweb.asking import (
    EXPLICIT,
    JPEG_LS,
    address,
    ct,
    filed,
    get,
    gray_frames,
    jpeg_ls,
    parts,
    read,
    with_blank_preamble,
)
from tests.imaging.making import as_file, image

ROWS, COLUMNS = 40, 60


def picture(answer: TestResponse, kind: str = "PNG") -> np.ndarray:  # type: ignore[type-arg] # of whatever it shows
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.data)) as opened:
        assert opened.format == kind
        return np.asarray(opened.convert("L")).astype(int)


@pytest.fixture
def ramp(gallery: Gallery) -> str:
    """The address of an image whose values are 100 times the column, plus the row."""
    values = (np.arange(COLUMNS) * 100 + np.arange(ROWS)[:, None]).astype(np.uint16)
    dataset = filed(image(values, WindowCenter="3000", WindowWidth="6000"))
    gallery.ingest(as_file(dataset))
    return address(dataset)


@pytest.mark.parametrize(
    ("accept", "kind"), [("", "JPEG"), ("*/*", "JPEG"), ("image/png", "PNG"), ("image/gif", "GIF"), ("image/*", "JPEG")]
)
def test_a_picture_comes_in_the_format_that_is_welcome(client: FlaskClient, ramp: str, accept: str, kind: str) -> None:
    shown = picture(get(client, f"{ramp}/rendered", accept), kind)

    assert shown.shape == (ROWS, COLUMNS)
    assert abs(shown[20] - np.arange(COLUMNS) * 100 * 255 / 6000).max() < 6


def test_a_movie_is_not_acceptable_and_what_is_on_offer_is_said(client: FlaskClient, ramp: str) -> None:
    answer = get(client, f"{ramp}/rendered", "video/mp4")

    assert answer.status_code == 406
    assert "image/jpeg" in answer.json["detail"]  # type: ignore[index]


def test_a_picture_is_that_of_the_gallery(client: FlaskClient, gallery: Gallery, ramp: str) -> None:
    ours = client.get("/images/1/picture.png")
    if ours.status_code != 200:
        pytest.fail("the picture's address in the gallery has changed")

    assert (picture(get(client, f"{ramp}/rendered", "image/png")) == picture(ours)).all()


@pytest.mark.parametrize("function", ["", ",linear", ",LINEAR_EXACT", ",linear-exact"])
def test_a_window_is_that_of_the_parameter(client: FlaskClient, ramp: str, function: str) -> None:
    shown = picture(get(client, f"{ramp}/rendered?window=1000,400{function}", "image/png"))

    assert (shown[0, :8] == 0).all()
    assert (shown[0, 13:] == 255).all()
    assert abs(shown[0, 10] - 128) < 3


def test_a_viewport_scales_and_keeps_the_proportions(client: FlaskClient, ramp: str) -> None:
    assert picture(get(client, f"{ramp}/rendered?viewport=120,120", "image/png")).shape == (80, 120)
    assert picture(get(client, f"{ramp}/rendered?viewport=30,10", "image/png")).shape == (10, 15)


def test_a_region_is_cut_out_and_mirrored_where_its_width_is_negative(client: FlaskClient, ramp: str) -> None:
    whole = picture(get(client, f"{ramp}/rendered", "image/png"))

    part = picture(get(client, f"{ramp}/rendered?viewport=20,10,30,5,20,10", "image/png"))
    mirrored = picture(get(client, f"{ramp}/rendered?viewport=20,10,30,5,-20,10", "image/png"))
    rest = picture(get(client, f"{ramp}/rendered?viewport=30,35,30,5,,", "image/png"))

    assert (part == whole[5:15, 30:50]).all()
    assert (mirrored == part[:, ::-1]).all()
    assert (rest == whole[5:, 30:]).all()


@pytest.mark.parametrize(
    "query",
    [
        "viewport=0,5", "viewport=1", "viewport=1,2,3", "viewport=a,b", "viewport=10,10,900,900,5,5",
        "viewport=99999,1", "viewport=10,10,nan,0,1,1", "viewport=10,10,-1,0,5,5", "window=1", "window=1,0",
        "window=nan,5", "window=1,2,sigmoid", "window=1e999,5", "quality=0", "quality=101", "quality=x",
        "quality=" + "9" * 500,
    ],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_refused_in_words(client: FlaskClient, ramp: str, query: str) -> None:
    answer = get(client, f"{ramp}/rendered?{query}")

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["detail"].endswith(".")  # type: ignore[index]


def test_quality_and_annotation_are_heard(client: FlaskClient, ramp: str) -> None:
    good = get(client, f"{ramp}/rendered?quality=95")
    poor = get(client, f"{ramp}/rendered?quality=5&annotation=patient")

    assert len(poor.data) < len(good.data)
    assert "Annotations are not drawn" in poor.headers["Warning"]
    assert "Warning" not in good.headers


def test_a_picture_that_did_not_change_is_not_sent_again(client: FlaskClient, ramp: str) -> None:
    for query in ("", "?viewport=20,20"):
        etag = get(client, f"{ramp}/rendered{query}").headers["ETag"]
        assert get(client, f"{ramp}/rendered{query}", If_None_Match=etag).status_code == 304


def brightness(answers: Sequence[bytes]) -> list[float]:
    return [float(np.asarray(Image.open(io.BytesIO(data)).convert("L")).mean()) for data in answers]


def test_several_frames_come_as_parts_and_one_by_itself(gallery: Gallery, client: FlaskClient) -> None:
    dataset, _ = jpeg_ls(gray_frames(3))
    gallery.ingest(as_file(dataset, JPEG_LS))
    where = address(dataset)

    some = parts(get(client, f"{where}/frames/3,1/rendered?window=1500,3000", 'multipart/related; type="image/jpeg"'))
    every = parts(get(client, f"{where}/rendered?window=1500,3000", "multipart/related; type=image/png"))
    alone = get(client, f"{where}/frames/3/rendered?window=1500,3000", "image/png")
    two = get(client, f"{where}/frames/3,1/rendered", "image/png")

    assert [part.media_type for part in some] == ["image/jpeg"] * 2
    first, last = brightness([part.data for part in some])
    assert first > last
    assert brightness([part.data for part in every]) == sorted(brightness([part.data for part in every]))
    assert [part.location.split("/frames/")[1] for part in every] == ["1/rendered", "2/rendered", "3/rendered"]
    assert alone.data == every[2].data
    assert two.status_code == 406


def test_a_study_and_a_series_are_shown_by_one_picture_or_by_all(gallery: Gallery, client: FlaskClient) -> None:
    series = ct(3)
    gallery.ingest(*(data for _, data in series))

    for level in ("study", "series"):
        where = address(series[0][0], level)
        one = get(client, f"{where}/rendered", "image/png")
        middle = get(client, f"{address(series[1][0])}/rendered", "image/png")
        every = parts(get(client, f"{where}/rendered", "multipart/related; type=image/png"))
        assert one.data == middle.data
        assert len(every) == 3


def test_thumbnails_are_small_and_as_wide_as_their_viewport(gallery: Gallery, client: FlaskClient) -> None:
    dataset = synthetic.ct_slice(1)
    gallery.ingest(synthetic.as_bytes(dataset))

    for level in ("study", "series", "instance"):
        assert picture(get(client, f"{address(dataset, level)}/thumbnail"), "JPEG").shape == (256, 256)
    where = f"{address(dataset)}/frames/1/thumbnail"
    assert picture(get(client, f"{where}?viewport=64,64", "image/png")).shape == (64, 64)
    assert get(client, f"{where}?viewport=64,64,0,0,5,5").status_code == 400


def test_what_has_no_picture_says_so(gallery: Gallery, client: FlaskClient) -> None:
    dataset = filed(Dataset())
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66", "1.2.826.0.1.6"
    gallery.ingest(as_file(dataset))

    for ending in ("rendered", "thumbnail"):
        answer = get(client, f"{address(dataset)}/{ending}")
        assert (answer.status_code, answer.mimetype) == (406, "application/problem+json")
        assert "no picture" in answer.json["detail"]  # type: ignore[index]


def test_the_pictures_of_a_study_come_though_its_first_object_has_none(gallery: Gallery, client: FlaskClient) -> None:
    words = filed(Dataset())
    words.SOPClassUID, words.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66", "1.2.826.0.1.6"
    [(dataset, data)] = ct(1)
    words.StudyInstanceUID, words.SeriesNumber = dataset.StudyInstanceUID, "0"
    words.PatientID, words.PatientName = dataset.PatientID, dataset.PatientName
    gallery.ingest(as_file(words), data)

    every = parts(get(client, f"{address(dataset, 'study')}/rendered", "multipart/related; type=image/png"))

    assert [part.media_type for part in every] == ["image/png"]
    assert dataset.SOPInstanceUID in every[0].location


def uri(dataset_address: str, **query: object) -> str:
    _, _, _, study, _, series, _, sop = dataset_address.split("/")
    asked = {"requestType": "WADO", "studyUID": study, "seriesUID": series, "objectUID": sop, **query}
    return "&".join(f"{name}={value}" for name, value in asked.items())


@pytest.mark.parametrize("door", ["/wado", "/dicom-web/wado"])
def test_wado_uri_gives_a_jpeg_by_itself_and_the_file_where_that_is_asked_for(
    gallery: Gallery, client: FlaskClient, door: str
) -> None:
    ((dataset, data),) = ct(1)
    gallery.ingest(data)
    query = uri(address(dataset))

    shown = get(client, f"{door}?{query}")
    file = get(client, f"{door}?{query}&contentType=application/dicom")
    packed = get(client, f"{door}?{query}&contentType=application/dicom&transferSyntax={JPEG_LS}")

    assert picture(shown, "JPEG").shape == (32, 32)
    assert file.data == with_blank_preamble(data)
    assert read(file.data).file_meta.TransferSyntaxUID == EXPLICIT
    assert read(packed.data).file_meta.TransferSyntaxUID == JPEG_LS


def test_wado_uri_windows_cuts_and_scales(client: FlaskClient, ramp: str) -> None:
    whole = picture(get(client, f"/wado?{uri(ramp, contentType='image/png')}"))

    part = picture(get(client, f"/wado?{uri(ramp, contentType='image/png', region='0.5,0,1,0.5')}"))
    small = picture(get(client, f"/wado?{uri(ramp, contentType='image/png', columns=30)}"))
    window = picture(get(client, f"/wado?{uri(ramp, contentType='image/png', windowCenter=1000, windowWidth=400)}"))

    assert (part == whole[: ROWS // 2, COLUMNS // 2 :]).all()
    assert small.shape == (20, 30)
    assert (window[0, 13:] == 255).all()


def test_wado_uri_shows_an_image_as_a_presentation_state_wants_it(gallery: Gallery, client: FlaskClient) -> None:
    ((dataset, data),) = ct(1)
    # The rescale of a state goes before that of the image (PS3.4 N.2.1.1).
    rescale = {"RescaleSlope": "1", "RescaleIntercept": "-1024", "RescaleType": "HU"}
    window = presentation.window(40, 400)
    made = presentation.state(dataset, PresentationLUTShape="INVERSE", SoftcopyVOILUTSequence=window, **rescale)
    gallery.ingest(data, made)
    query = uri(address(dataset), contentType="image/png")

    plain = picture(get(client, f"/wado?{query}&windowCenter=40&windowWidth=400"))
    stated = picture(get(client, f"/wado?{query}&presentationUID={made.SOPInstanceUID}"))

    assert abs(plain + stated - 255).max() <= 1


def test_wado_uri_shows_a_frame(gallery: Gallery, client: FlaskClient) -> None:
    dataset, data = jpeg_ls(gray_frames(3))
    gallery.ingest(data)

    query = uri(address(dataset), windowCenter=1500, windowWidth=3000)
    shades = [picture(get(client, f"/wado?{query}&frameNumber={n}"), "JPEG").mean() for n in (1, 2, 3)]

    assert shades == sorted(shades)
    assert get(client, f"/wado?{query}&frameNumber=4").status_code == 404
    assert get(client, f"/wado?{query}").mimetype == "application/dicom"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"requestType": "X"}, 400), ({"studyUID": ""}, 400), ({"objectUID": "1.2.3"}, 404),
        ({"anonymize": "yes"}, 406), ({"contentType": "video/mpeg"}, 406), ({"contentType": "?"}, 400),
        ({"frameNumber": "0"}, 400),
        ({"frameNumber": "x"}, 400), ({"rows": "-1"}, 400), ({"region": "1,2,3"}, 400), ({"region": "1,1,0,0"}, 400),
        ({"windowCenter": "5"}, 400), ({"imageQuality": "1000"}, 400), ({"presentationUID": "1.2.3"}, 404),
        ({"contentType": "application/dicom", "transferSyntax": "1.2.840.10008.1.2.4.50"}, 406),
        ({"contentType": "application/dicom", "transferSyntax": "%00"}, 406),
    ],
)  # fmt: skip
def test_wado_uri_refuses_in_words(client: FlaskClient, ramp: str, change: dict[str, str], status: int) -> None:
    answer = get(client, f"/dicom-web/wado?{uri(ramp, **change)}")

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
