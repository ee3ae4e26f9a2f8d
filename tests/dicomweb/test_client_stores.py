"""dicomweb-client, which nobody here wrote, stores in and deletes from a gallery that runs."""

import http.client
import io
import json

import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from requests.exceptions import HTTPError

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.dicomweb.bodies import multipart


def readable(dataset: Dataset) -> Dataset:
    """As the client wants them: read from a file."""
    return dcmread(io.BytesIO(synthetic.as_bytes(dataset)))


def test_it_stores_a_series_and_is_told_where_each_instance_is(remote: DICOMwebClient) -> None:
    slices = [readable(one) for one in synthetic.ct_series(5, 32, 32, seed=21)]

    answer = remote.store_instances(slices, study_instance_uid=slices[0].StudyInstanceUID)

    assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == [
        one.SOPInstanceUID for one in slices
    ]
    assert answer.ReferencedSOPSequence[0].RetrieveURL.startswith(remote.base_url)
    assert "FailedSOPSequence" not in answer


def test_it_is_told_what_was_not_stored(remote: DICOMwebClient) -> None:
    ours, theirs = readable(synthetic.dx_image(32, 32)), readable(synthetic.secondary_capture(32, 32))

    answer = remote.store_instances([ours, theirs], study_instance_uid=ours.StudyInstanceUID)

    assert [one.ReferencedSOPInstanceUID for one in answer.FailedSOPSequence] == [theirs.SOPInstanceUID]
    with pytest.raises(HTTPError) as refused:
        remote.store_instances([theirs], study_instance_uid=ours.StudyInstanceUID)
    assert refused.value.response.status_code == 409


def test_it_deletes_what_it_stored_once(remote: DICOMwebClient) -> None:
    [slice_] = map(readable, synthetic.mr_series(1, 32, 32, seed=21))
    remote.store_instances([slice_])
    uids = slice_.StudyInstanceUID, slice_.SeriesInstanceUID, slice_.SOPInstanceUID

    remote.delete_instance(*uids)

    with pytest.raises(HTTPError) as refused:
        remote.delete_study(uids[0])
    assert refused.value.response.status_code == 404


def test_a_body_without_a_length_is_taken_in_chunks(server: Server) -> None:
    body, headers = multipart([synthetic.as_bytes(one) for one in synthetic.ct_series(3, 32, 32, seed=9)])
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    connection.request("POST", "/dicom-web/studies", iter([body[:10], body[10:5000], body[5000:]]), headers)

    response = connection.getresponse()
    assert len(json.loads(response.read())["00081199"]["Value"]) == 3
    connection.close()
