"""What the service says it can do (PS3.18 8.9)."""

from xml.etree import ElementTree as ET

from flask.testing import FlaskClient

NAMESPACE = "{http://wadl.dev.java.net/2009/02}"


def test_it_tells_what_it_can_do_as_json_and_as_wadl(client: FlaskClient) -> None:
    told = client.get("/dicom-web/capabilities").get_json()
    asked = client.options("/dicom-web/").get_json()
    wadl = client.get("/dicom-web/capabilities", headers={"Accept": "application/vnd.sun.wadl+xml"})
    root = ET.fromstring(wadl.data)

    assert told == asked
    assert told["service"] == "http://localhost/dicom-web"
    methods = {(one["path"], one["method"]): one for one in told["capabilities"]}
    assert "fuzzymatching" in methods["/studies", "GET"]["parameters"]
    assert ("/studies/{study_uid}/series/{series_uid}/metadata", "GET") in methods
    assert ("/", "OPTIONS") in methods
    assert all(one["summary"].endswith(".") for one in told["capabilities"])
    paths = [resource.attrib["path"] for resource in root.iter(f"{NAMESPACE}resource")]
    assert len(paths) == len(told["capabilities"])
    assert "studies/{study_uid}/series" in paths


def test_every_get_that_it_tells_of_answers(client: FlaskClient) -> None:
    told = client.get("/dicom-web/capabilities").get_json()["capabilities"]
    for one in told:
        if one["method"] == "GET":
            path = one["path"].replace("{study_uid}", "1.2").replace("{series_uid}", "1.3").replace("{sop_uid}", "1.4")
            assert client.get(f"/dicom-web{path}").status_code in {200, 400, 404}, path
