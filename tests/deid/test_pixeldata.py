"""Words inside compressed frames and behind the last one go, and no pixel changes."""

from io import BytesIO
from struct import pack

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit

from dicomgallery.deid.engine import Deidentified, Engine
from dicomgallery.deid.profile import BASIC
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom import synthetic

NAME = b"Quillonberg, born 3 May 1961"
KEPT = b"JFIF\0"


def treated(dataset: Dataset) -> tuple[bytes, Deidentified]:
    done = Engine(BASIC, Pseudonyms(b"a secret of the tests")).deidentify(synthetic.as_bytes(dataset))
    return b"".join(done.chunks()), done


def segment(marker: int, held: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(held) + 2) + held


def jpeg(seed: int = 1) -> bytes:
    picture = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (32, 32), dtype=np.uint8))
    made = BytesIO()
    picture.save(made, "JPEG")
    return made.getvalue()


def capture(fragments: list[bytes], syntax: UID = JPEGBaseline8Bit, frames: int = 1) -> Dataset:
    dataset = synthetic.secondary_capture(32, 32)
    synthetic.as_bytes(dataset)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PhotometricInterpretation, dataset.SamplesPerPixel = "MONOCHROME2", 1
    dataset.NumberOfFrames = frames
    items = b"".join(b"\xfe\xff\x00\xe0" + pack("<L", len(one)) + one for one in fragments)
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0" + items
    dataset["PixelData"].is_undefined_length = True
    return dataset


def even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)


@pytest.mark.parametrize(
    "wordy",
    [
        segment(0xFE, NAME),
        segment(0xE1, b"Exif\0\0" + NAME),
        segment(0xED, b"Photoshop 3.0\0" + NAME),
        segment(0xE0, b"JFXX\0" + NAME),
    ],
)
def test_a_comment_or_a_cameras_data_in_a_jpeg_frame_is_blanked_where_it_lies(wordy: bytes) -> None:
    plain = jpeg()
    frame = even(plain[:20] + wordy + plain[20:])
    made, done = treated(capture([frame]))
    (kept,) = generate_frames(dcmread(BytesIO(made)).PixelData, number_of_frames=1)

    assert b"Quillon" in frame
    assert b"Quillon" not in made
    assert KEPT in kept
    assert len(kept) == len(frame)
    assert np.array_equal(np.asarray(Image.open(BytesIO(kept))), np.asarray(Image.open(BytesIO(plain))))
    assert "words in compressed frames" in done.changes[-1].rule


def test_words_behind_the_end_of_a_frame_and_between_frames_are_blanked() -> None:
    first, second = even(jpeg(1)), even(jpeg(2))
    made, _ = treated(capture([first[:300], first[300:] + NAME, NAME, second], frames=2))
    data = dcmread(BytesIO(made)).PixelData

    assert b"Quillon" not in made
    assert data[16:].startswith(first[:300])
    assert second in data


def test_a_comment_in_a_jpeg_2000_frame_is_blanked_and_its_encoders_name_stays() -> None:
    made = BytesIO()
    Image.fromarray(np.arange(1024, dtype=np.uint8).reshape(32, 32)).save(made, "JPEG2000", no_jp2=True)
    plain = made.getvalue()
    at = plain.index(b"\xff\x90")
    told = b"\xff\x64" + pack(">HH", len(NAME) + 4, 1) + NAME
    result, _ = treated(capture([even(plain[:at] + told + plain[at:])], JPEG2000Lossless))

    assert b"Quillon" not in result
    (kept,) = generate_frames(dcmread(BytesIO(result)).PixelData, number_of_frames=1)
    assert np.array_equal(np.asarray(Image.open(BytesIO(kept))), np.asarray(Image.open(BytesIO(plain))))
    untouched, done = treated(capture([even(plain)], JPEG2000Lossless))
    assert even(plain) in untouched
    assert not any("words in compressed" in change.rule for change in done.changes)


@pytest.mark.parametrize("syntax", [None, ImplicitVRLittleEndian])
def test_bytes_behind_the_last_native_frame_are_blanked_and_more_frames_are_not(syntax: UID | None) -> None:
    dataset = synthetic.ct_slice(1, rows=16, columns=16)
    pixels = dataset.PixelData
    synthetic.as_bytes(dataset)
    if syntax is not None:
        dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = pixels + NAME

    made = dcmread(BytesIO(treated(dataset)[0]))
    assert made.PixelData == pixels + bytes(len(NAME))
    dataset.PixelData = pixels * 2
    assert dcmread(BytesIO(treated(dataset)[0])).PixelData == pixels * 2


def test_hostile_frames_are_blanked_or_left_and_raise_nothing() -> None:
    random = np.random.default_rng(7)
    heads = [b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP  \x0d\x0a\x87\x0a", b"\0\0\0\x0cJXL "]
    for head in heads:
        for _ in range(50):
            frame = even(
                head + random.choice([0, 0x10, 0x64, 0x90, 0x93, 0xDA, 0xE1, 0xFE, 0xFF], 40).astype(np.uint8).tobytes()
            )
            made, _ = treated(capture([frame]))
            assert len(dcmread(BytesIO(made)).PixelData) == len(encapsulate([frame], has_bot=False))


def test_a_delimiter_that_has_a_length_does_not_leave_a_second_one() -> None:
    good = synthetic.as_bytes(capture([even(jpeg())]))
    end = b"\xfe\xff\xdd\xe0"
    assert good.endswith(end + bytes(4))
    done = Engine(BASIC, Pseudonyms(b"a secret of the tests")).deidentify(good[:-4] + b"ABCD")
    made = b"".join(done.chunks())

    assert made.count(end) == 1
    assert made.endswith(end + bytes(4))


def test_a_tile_part_that_points_back_is_passed() -> None:
    tile = b"\xff\x90\0\x0a\0\0\0\0\0\x0e\0\1"
    told = b"\xff\x64\0\x10\0\0" + b"\0\2" * 6
    frame = even(b"\xff\x4f" + tile + told + b"\xff\x93\xff\xd9" + NAME)

    assert NAME not in treated(capture([frame], JPEG2000Lossless))[0]
