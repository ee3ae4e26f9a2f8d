"""A client that nobody here wrote, dicomweb-client, against a running gallery: searches and metadata."""

import io
import tarfile

import httpx
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic

OURS = {"PatientID": "SYN-00031*"}


@pytest.fixture(scope="module")
def slices() -> list[Dataset]:
    """A CT of six slices and an MR of three."""
    return synthetic.ct_series(6, 16, 16, seed=31) + synthetic.mr_series(3, 16, 16, seed=31)


@pytest.fixture(scope="module")
def client(remote: DICOMwebClient, slices: list[Dataset]) -> DICOMwebClient:
    """The client of a gallery that has the images."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number, one in enumerate(slices):
            data = synthetic.as_bytes(one)
            about = tarfile.TarInfo(f"{number}.dcm")
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    address = remote.base_url.replace("/dicom-web", "/api/v1/uploads")
    sent = httpx.post(address, content=packed.getvalue(), headers={"Content-Type": "application/x-tar"})
    assert sent.status_code < 300, sent.text
    return remote


def test_it_searches_studies_series_and_instances(client: DICOMwebClient, slices: list[Dataset]) -> None:
    ct = slices[0]
    studies = [
        Dataset.from_json(one) for one in client.search_for_studies(search_filters={**OURS, "PatientName": "*clara"})
    ]
    series = client.search_for_series(ct.StudyInstanceUID, fields=["PatientName", "BodyPartExamined"])
    instances = client.search_for_instances(ct.StudyInstanceUID, ct.SeriesInstanceUID, limit=4, offset=1)

    assert [study.StudyInstanceUID for study in studies] == [ct.StudyInstanceUID]
    assert (studies[0].ModalitiesInStudy, studies[0].NumberOfStudyRelatedInstances) == ("CT", 6)
    assert Dataset.from_json(series[0]).BodyPartExamined == "CHEST"
    assert [Dataset.from_json(one).InstanceNumber for one in instances] == [2, 3, 4, 5]
    assert len(client.search_for_series(search_filters=OURS)) == 2
    assert len(client.search_for_instances(get_remaining=True, limit=2, search_filters=OURS)) == 9
    assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []
    fuzzy = client.search_for_studies(fuzzymatching=True, search_filters={**OURS, "PatientName": "marek synth"})
    assert [Dataset.from_json(one).ModalitiesInStudy for one in fuzzy] == ["MR"]


def test_it_reads_metadata_as_the_files_have_it(client: DICOMwebClient, slices: list[Dataset]) -> None:
    ct = slices[0]
    of_study = client.retrieve_study_metadata(ct.StudyInstanceUID)
    of_series = client.retrieve_series_metadata(ct.StudyInstanceUID, ct.SeriesInstanceUID)
    of_instance = client.retrieve_instance_metadata(ct.StudyInstanceUID, ct.SeriesInstanceUID, ct.SOPInstanceUID)

    assert of_study == of_series
    assert of_series[0] == of_instance
    uris = []
    for model, original in zip(of_series, slices, strict=False):
        back = Dataset.from_json(model, bulk_data_uri_handler=lambda _tag, _vr, uri: uris.append(uri))
        del back.PixelData
        expected = Dataset(original)
        del expected.PixelData
        assert back == expected
    assert len(uris) == 6
    assert {uri.partition("/studies/")[0] for uri in uris} == {client.base_url}
