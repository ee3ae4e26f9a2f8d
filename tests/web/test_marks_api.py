"""Marks as a browser's script and as programs send them."""

import csv
import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.factory import create_app
from dicomgallery.models import db
from dicomgallery.services import annotating, removal
from tests.conftest import Gallery
from tests.marking import ARROW, ELLIPSE, LENGTH, drawn, new_key
from tests.web.conftest import PAGE, Browser, Statements


def stack(gallery: Gallery, count: int = 3) -> list[int]:
    """The images of a series, in space."""
    outcomes = gallery.ingest(*synthetic.ct_series(count, 32, 32))
    return sorted((outcome.instance_id for outcome in outcomes), reverse=True)  # type: ignore[union-attr]


def put(client: FlaskClient, key: str, body: object, **options: Any) -> TestResponse:
    return client.put(f"/api/v1/marks/{key}", json=body, **options)


def listed(client: FlaskClient, path: str = "/api/v1/series/1/marks") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(path).get_json()["marks"]
    return found


def test_a_mark_is_made_changed_removed_and_brought_back(client: FlaskClient, gallery: Gallery) -> None:
    image, key = stack(gallery, 1)[0], new_key()

    made = put(client, key, {"image": image, "frame": 1, **LENGTH, "text": "", "version": 0, "removed": False})
    assert (made.status_code, made.get_json()["version"]) == (201, 1)
    assert put(client, key, {"image": image, **LENGTH}).status_code == 200

    changed = put(client, key, {"text": "here", "version": 1})
    assert (changed.status_code, changed.get_json()["text"]) == (200, "here")
    whole_again = put(client, key, changed.get_json() | {"points": [[1, 1], [9, 9]]})
    assert (whole_again.status_code, whole_again.get_json()["version"]) == (200, 3)

    removed = client.delete(f"/api/v1/marks/{key}").get_json()
    assert (removed["removed"], listed(client)) == (True, [])
    back = put(client, key, {"removed": False, "version": removed["version"]})
    assert (back.get_json()["removed"], len(listed(client))) == (False, 1)


def test_an_older_version_is_told_what_is_kept(app: Flask, gallery: Gallery) -> None:
    image = stack(gallery, 1)[0]
    one, other = app.test_client(), app.test_client()
    mark = drawn(image)

    put(one, mark.key, {"text": "first", "version": 1})
    answer = put(other, mark.key, {"text": "second", "version": 1})

    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.get_json()["detail"] == "Somebody changed this mark meanwhile; it was left as it is."
    assert (answer.get_json()["mark"]["text"], answer.get_json()["mark"]["version"]) == ("first", 2)
    assert put(other, mark.key, {"text": "second", "version": 2}).status_code == 200
    assert [found["text"] for found in listed(one)] == ["second"]


def test_marks_survive_a_restart(client: FlaskClient, gallery: Gallery) -> None:
    image = stack(gallery, 1)[0]
    drawn(image, ELLIPSE)
    before = listed(client)
    db.session.remove()
    db.engine.dispose()

    started_anew = create_app(gallery.settings)

    assert listed(started_anew.test_client()) == before
    assert before[0]["figures"] == ELLIPSE["figures"]
    with started_anew.app_context():
        db.engine.dispose()


def test_lists_are_of_a_series_by_either_name_or_of_an_image(client: FlaskClient, gallery: Gallery) -> None:
    first, second, _ = stack(gallery)
    mine, other = drawn(first), drawn(second)
    uid = synthetic.ct_series(1, 32, 32)[0].SeriesInstanceUID

    assert [mark["key"] for mark in listed(client)] == [mine.key, other.key]
    assert listed(client, f"/api/v1/series/{uid}/marks") == listed(client)
    assert [mark["key"] for mark in listed(client, f"/api/v1/images/{first}/marks")] == [mine.key]
    assert client.get("/api/v1/series/1.2.3/marks").status_code == 404


def test_a_list_that_has_not_changed_is_not_sent_again(client: FlaskClient, gallery: Gallery) -> None:
    image = stack(gallery, 1)[0]
    mark = drawn(image)
    etag = client.get("/api/v1/series/1/marks").headers["ETag"]

    def again() -> int:
        return client.get("/api/v1/series/1/marks", headers={"If-None-Match": etag}).status_code

    assert again() == 304
    client.delete(f"/api/v1/marks/{mark.key}")
    assert again() == 200


def test_the_marks_of_a_binned_image_hide(client: FlaskClient, gallery: Gallery) -> None:
    first, second, _ = stack(gallery)
    drawn(first)
    other = drawn(second)

    removal.to_bin(Selection(images=(first,)), actor=gallery.actor)

    assert [mark["key"] for mark in listed(client)] == [other.key]
    assert listed(client, f"/api/v1/images/{first}/marks") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"points": None}, "a new one needs its image, its kind and its points"),
        ({"image": "1"}, "“image” is a whole number from 1."),
        ({"image": True}, "“image” is a whole number from 1."),
        ({"image": 1e30}, "“image” is a whole number from 1."),
        ({"image": 10**30}, "“image” is a whole number from 1."),
        ({"frame": 0}, "“frame” is a whole number from 1."),
        ({"frame": 2}, "The image has frames 1 to 1."),
        ({"kind": "circle"}, "The kinds of marks are length, angle, cobb"),
        ({"kind": ["length"]}, "The kinds of marks are"),
        ({"kind": "angle"}, "The kind angle has 3 points: an end, the corner and the other end; not 2."),
        ({"kind": "cobb"}, "has 4 points"),
        ({"kind": "ellipse"}, "has 4 points"),
        ({"kind": "probe"}, "has 1 point: where it measures; not 2."),
        ({"kind": "freehand"}, "has 3 to 5000 points"),
        ({"points": "1,2"}, "The points of a mark are a list of [x, y]."),
        ({"points": {"0": 1}}, "The points of a mark are a list of [x, y]."),
        ({"points": [[1, 2, 3], [1, 2]]}, "The points of a mark are a list of [x, y]."),
        ({"points": [1, 2]}, "The points of a mark are a list of [x, y]."),
        ({"points": [["1", 2], [1, 2]]}, "The points of a mark are finite numbers of pixels."),
        ({"points": [[None, 2], [1, 2]]}, "The points of a mark are finite numbers of pixels."),
        ({"points": [[True, 2], [1, 2]]}, "The points of a mark are finite numbers of pixels."),
        ({"points": [[1e300, 2], [1, 2]]}, "The points of a mark are finite numbers of pixels."),
        ({"points": [[100, 2], [1, 2]]}, "A point of the mark lies too far from its image."),
        ({"points": [[1, 1]] * 5001, "kind": "freehand"}, "A mark has at most 5000 points."),
        ({"text": 5}, "“text” is a text."),
        ({"text": "x" * 1001}, "“text” has at most 1000 characters."),
        ({"calibration": "x" * 201}, "“calibration” has at most 200 characters."),
        ({"figures": []}, "The figures of a mark are a JSON object of at most 32 names."),
        ({"figures": {"length": "12 mm"}}, "A figure's value is a finite number, a few of them, or null."),
        ({"figures": {"length": {"value": 1, "unit": "x" * 20}}}, "A unit is a text of at most 16 characters."),
        ({"version": -1}, "“version” is a whole number from 0."),
        ({"version": "1"}, "“version” is a whole number from 0."),
        ({"removed": "no"}, "“removed” is true or false."),
        ({"removed": True}, "A mark that is not there cannot be removed."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_body_is_refused_in_a_sentence(
    client: FlaskClient, gallery: Gallery, body: dict[str, Any], said: str
) -> None:
    image = stack(gallery, 1)[0]

    answer = put(client, new_key(), {"image": image, **LENGTH, **body})

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert said in answer.get_json()["detail"]
    assert listed(client) == []


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (b"", 422, "The body must be JSON."),
        (b"not json", 422, "The body must be JSON."),
        (b"\xff\xfe{}", 422, "The body must be JSON."),
        (b'{"text": "\\ud800"}', 422, "The body must be JSON."),
        (b'{"points": [[NaN, 1]]}', 422, "The body must be JSON."),
        (b"[" * 100_000, 422, "The body must be JSON."),
        (b"[1, 2]", 422, "The body must be a JSON object."),
        (b"null", 422, "The body must be a JSON object."),
        (b'{"text": "' + b"x" * 1_000_001 + b'"}', 413, "larger than the limit"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_is_no_json_object_is_refused_in_a_sentence(
    client: FlaskClient, gallery: Gallery, sent: bytes, status: int, said: str
) -> None:
    answer = client.put(f"/api/v1/marks/{new_key()}", data=sent, content_type="application/json")

    assert answer.status_code == status
    assert said in answer.get_json()["detail"]


@pytest.mark.parametrize("key", ["1", "x" * 36, "../../x", "{8d4c2c1e-6f0b-4c5e-9d57-0a3f2f6a7b11}", "8d4c" * 8])
def test_a_key_that_is_no_uuid_names_no_mark(client: FlaskClient, gallery: Gallery, key: str) -> None:
    image = stack(gallery, 1)[0]

    assert put(client, key, {"image": image, **LENGTH}).status_code in {404, 422}
    assert client.delete(f"/api/v1/marks/{key}").status_code == 404
    assert listed(client) == []


def test_a_key_is_one_in_either_case(client: FlaskClient, gallery: Gallery) -> None:
    image, key = stack(gallery, 1)[0], new_key()

    assert put(client, key.upper(), {"image": image, **LENGTH}).get_json()["key"] == key
    assert put(client, key, {"image": image, **LENGTH}).status_code == 200


def test_a_mark_on_an_image_that_is_not_here_is_404_in_words(client: FlaskClient, gallery: Gallery) -> None:
    answer = put(client, new_key(), {"image": 999, **LENGTH})

    assert (answer.status_code, answer.get_json()["detail"]) == (404, "There is no such image here.")


def test_a_script_of_ours_sends_its_token_and_no_other_writes(browser: Browser, gallery: Gallery) -> None:
    image, key = stack(gallery, 1)[0], new_key()
    browser.get("/upload")

    assert put(browser.client, key, {"image": image, **LENGTH}, headers=PAGE).status_code == 403
    with_token = PAGE | {"X-CSRFToken": browser.token}
    assert put(browser.client, key, {"image": image, **LENGTH}, headers=with_token).status_code == 201
    assert browser.client.delete(f"/api/v1/marks/{key}", headers=PAGE).status_code == 403
    assert browser.client.delete(f"/api/v1/marks/{key}", headers=with_token).status_code == 200


def test_marks_leave_as_json_with_the_images_they_are_on(client: FlaskClient, gallery: Gallery) -> None:
    first, second, _ = stack(gallery)
    drawn(second, ELLIPSE)
    drawn(first, ARROW)

    answer = client.get("/series/1/marks.json")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="series-1-marks.json"'
    told = json.loads(answer.text)
    assert [(mark["place"], mark["kind"]) for mark in told["marks"]] == [(1, "arrow"), (2, "ellipse")]
    datasets = {one.SOPInstanceUID: one.InstanceNumber for one in synthetic.ct_series(3, 32, 32)}
    assert all(datasets[mark["sop_instance_uid"]] == mark["instance_number"] for mark in told["marks"])
    assert "center of its first pixel" in told["coordinates"]


def test_marks_leave_as_csv_that_no_spreadsheet_runs(client: FlaskClient, gallery: Gallery) -> None:
    first, second, _ = stack(gallery)
    drawn(second, ELLIPSE)
    drawn(first, ARROW, text='=HYPERLINK("http://evil.example")')
    drawn(first, LENGTH, text='a "quoted", text\nof two lines')

    answer = client.get("/series/1/marks.csv")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="series-1-marks.csv"'
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["kind"] for row in rows] == ["arrow", "length", "ellipse"]
    assert rows[0]["text"] == '\'=HYPERLINK("http://evil.example")'
    assert rows[1]["text"] == 'a "quoted", text\nof two lines'
    assert (rows[1]["length"], rows[1]["length unit"]) == ("12.34", "mm")
    assert (rows[2]["area"], rows[2]["area unit"], rows[2]["mean"], rows[2]["sd unit"]) == ("104", "mm²", "41.23", "HU")
    assert rows[0]["length"] == ""
    assert rows[2]["calibration"] == "Pixel Spacing (0028,0030)"
    assert json.loads(rows[2]["points"]) == ELLIPSE["points"]
    assert {row["by"] for row in rows} == {"Local owner"}


def test_frames_are_counted_as_the_viewer_counts_them(client: FlaskClient, gallery: Gallery) -> None:
    (cine,) = (outcome.instance_id for outcome in gallery.ingest(synthetic.us_cine(3, 32, 32)))  # type: ignore[union-attr]
    drawn(cine, LENGTH, frame=3)

    (row,) = csv.DictReader(io.StringIO(client.get("/series/1/marks.csv").text))
    assert (row["image"], row["frame"]) == ("3", "3")


def test_a_series_without_marks_leaves_as_an_empty_table(client: FlaskClient, gallery: Gallery) -> None:
    stack(gallery)

    assert json.loads(client.get("/series/1/marks.json").text)["marks"] == []
    assert client.get("/series/1/marks.csv").text.count("\n") == 1


def test_a_table_of_marks_outlives_the_request_that_asked_for_it(gallery: Gallery) -> None:
    drawn(stack(gallery, 1)[0], LENGTH, text="seen")

    lines = annotating.taken_as_csv(1, actor=LOCAL_OWNER)
    # So a server does before it sends the answer.
    db.session.remove()

    assert [row["text"] for row in csv.DictReader(lines)] == ["seen"]


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_many_marks_leave_with_no_more_questions_than_one(
    client: FlaskClient, gallery: Gallery, statements: Statements, ending: str
) -> None:
    image = stack(gallery, 1)[0]
    drawn(image, LENGTH)
    with statements() as few:
        client.get(f"/series/1/marks.{ending}")
    for _ in range(5):
        drawn(image, LENGTH)
    with statements() as many:
        client.get(f"/series/1/marks.{ending}")

    assert len(many) == len(few)
