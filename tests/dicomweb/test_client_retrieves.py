"""WADO-RS of a gallery that runs, asked by a client that nobody here wrote, and its answers read by dcmtk."""

import io
import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom import Dataset, dcmread
from requests import HTTPError

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.contracts.asking import ask
from tests.dicomweb.asking import EXPLICIT, JPEG_LS, ct, gray_frames, jpeg_ls, packaged, with_blank_preamble
from tests.imaging.making import as_file

FRAMES = gray_frames(4)
SERIES = ct(3)
CINE, _ = jpeg_ls(FRAMES)
CINE.RedPaletteColorLookupTableData = bytes(range(256)) * 8


@pytest.fixture(scope="module", autouse=True)
def filled(server: Server) -> None:
    for data in (*(data for _, data in SERIES), as_file(CINE, JPEG_LS), packaged("MR_small_implicit.dcm")):
        assert ask(server, "POST", "/api/v1/uploads", data, "application/dicom").status == 201


def uids(dataset: Dataset) -> tuple[str, str, str]:
    return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


def test_a_client_retrieves_a_study_a_series_and_an_instance(remote: DICOMwebClient) -> None:
    study, series, sop = uids(SERIES[0][0])

    whole = remote.retrieve_study(study)
    streamed = list(remote.iter_series(study, series))
    one = remote.retrieve_instance(study, series, sop)

    assert {found.SOPInstanceUID for found in whole} == {dataset.SOPInstanceUID for dataset, _ in SERIES}
    assert sorted(found.PixelData for found in streamed) == sorted(dataset.PixelData for dataset, _ in SERIES)
    assert one == dcmread(io.BytesIO(SERIES[0][1]))


def test_a_client_has_an_instance_transcoded(remote: DICOMwebClient) -> None:
    plain = remote.retrieve_instance(*uids(CINE), media_types=(("application/dicom", EXPLICIT),))
    packed = remote.retrieve_instance(*uids(SERIES[0][0]), media_types=(("application/dicom", JPEG_LS),))
    usual = remote.retrieve_instance(*uids(CINE), media_types=("application/dicom",))

    assert (plain.pixel_array == FRAMES).all()
    assert usual.PixelData == plain.PixelData
    assert packed.file_meta.TransferSyntaxUID == JPEG_LS
    assert (packed.pixel_array == dcmread(io.BytesIO(SERIES[0][1])).pixel_array).all()


def test_a_client_retrieves_frames_as_numbers_and_compressed(remote: DICOMwebClient) -> None:
    numbers = remote.retrieve_instance_frames(*uids(CINE), [1, 3])
    octets = remote.retrieve_instance_frames(*uids(CINE), [4], media_types=(("application/octet-stream", EXPLICIT),))
    packed = list(remote.iter_instance_frames(*uids(CINE), [2, 4], media_types=(("image/jls", JPEG_LS),)))

    assert [np.frombuffer(frame, "<u2").tolist() for frame in numbers] == [
        FRAMES[0].ravel().tolist(),
        FRAMES[2].ravel().tolist(),
    ]
    assert octets == [FRAMES[3].tobytes()]
    assert [imagecodecs.jpegls_decode(frame).tolist() for frame in packed] == FRAMES[[1, 3]].tolist()
    with pytest.raises(HTTPError, match="404"):
        remote.retrieve_instance_frames(*uids(CINE), [5])


def test_a_client_retrieves_bulk_data(remote: DICOMwebClient, server: Server) -> None:
    study, series, sop = uids(CINE)
    where = f"http://127.0.0.1:{server.port}/dicom-web/studies/{study}/series/{series}/instances/{sop}/bulkdata"

    table = remote.retrieve_bulkdata(f"{where}/00281201")
    pixels = remote.retrieve_bulkdata(f"{where}/7FE00010")

    assert table == [CINE.RedPaletteColorLookupTableData]
    assert b"".join(pixels) == FRAMES.tobytes()


def test_a_client_retrieves_pictures(remote: DICOMwebClient) -> None:
    first = remote.retrieve_instance_rendered(
        *uids(SERIES[0][0]), media_types=("image/png",), params={"window": "40,400,linear", "viewport": "16,16"}
    )
    frame = remote.retrieve_instance_frames_rendered(*uids(CINE), [2], media_types=("image/jpeg",))

    assert Image.open(io.BytesIO(first)).size == (16, 16)
    assert Image.open(io.BytesIO(frame)).size == (20, 24)


def test_all_pictures_of_an_object_come_from_a_server_that_sends_them_while_they_are_made(server: Server) -> None:
    study, series, sop = uids(CINE)
    path = f"/dicom-web/studies/{study}/series/{series}/instances/{sop}/rendered"

    answer = ask(server, "GET", f"{path}?accept=multipart/related;type=image/png")

    assert answer.body.count(b"Content-Type: image/png") == len(FRAMES)
    assert answer.body.rstrip().endswith(b"--")


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="dcmtk is not here")
@pytest.mark.parametrize("syntax", ["*", EXPLICIT, JPEG_LS, "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"])
def test_dcmtk_reads_what_is_retrieved(server: Server, tmp_path: Path, syntax: str) -> None:
    for number, dataset in enumerate((SERIES[0][0], CINE, dcmread(io.BytesIO(packaged("MR_small_implicit.dcm"))))):
        study, series, sop = uids(dataset)
        path = f"/dicom-web/studies/{study}/series/{series}/instances/{sop}"
        path += f"?accept=application/dicom;transfer-syntax={syntax}"
        answer = ask(server, "GET", path)
        assert answer.status == 200
        file = tmp_path / f"{number}.dcm"
        file.write_bytes(answer.body)

        told = subprocess.run(["dcmdump", "--stop-on-error", str(file)], capture_output=True, text=True, check=False)

        assert (told.returncode, told.stderr) == (0, "")
        assert sop in told.stdout
    assert ask(server, "GET", path.replace(syntax, "*")).body == with_blank_preamble(packaged("MR_small_implicit.dcm"))


@pytest.mark.skipif(shutil.which("dcmdjpls") is None, reason="dcmtk is not here")
@pytest.mark.parametrize(("program", "syntax"), [("dcmdjpls", JPEG_LS), ("dcmdrle", "1.2.840.10008.1.2.5")])
def test_dcmtk_decodes_what_is_encoded_here_bit_for_bit(
    server: Server, tmp_path: Path, program: str, syntax: str
) -> None:
    for dataset, pixels in ((SERIES[0][0], SERIES[0][0].PixelData), (CINE, FRAMES.tobytes())):
        study, series, sop = uids(dataset)
        path = f"/dicom-web/studies/{study}/series/{series}/instances/{sop}"
        answer = ask(server, "GET", f"{path}?accept=application/dicom;transfer-syntax={syntax}")
        packed, plain = tmp_path / "packed.dcm", tmp_path / "plain.dcm"
        packed.write_bytes(answer.body)

        subprocess.run([program, str(packed), str(plain)], check=True)

        assert dcmread(plain).PixelData == pixels


@pytest.mark.long
def test_a_study_of_two_gigabytes_takes_no_memory(server: Server) -> None:
    dataset = synthetic.secondary_capture()
    dataset.Rows = dataset.Columns = 4000
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.BitsAllocated = 1, "MONOCHROME2", 16
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 0
    for number in range(64):
        dataset.SOPInstanceUID = f"{dataset.StudyInstanceUID}.{number}"
        dataset.PixelData = np.full(4000 * 4000, number, np.uint16).tobytes()
        assert ask(server, "POST", "/api/v1/uploads", synthetic.as_bytes(dataset), "application/dicom").status == 201
    server.settle()
    before, most, received = server.pss_mb(), 0.0, 0
    connection = server.connect()
    connection.request("GET", f"/dicom-web/studies/{dataset.StudyInstanceUID}")
    answer = connection.getresponse()
    while chunk := answer.read(4 << 20):
        received += len(chunk)
        if received % (256 << 20) < len(chunk):
            most = max(most, server.pss_mb())
    connection.close()

    assert received > 2_000_000_000
    assert most - before < 100
