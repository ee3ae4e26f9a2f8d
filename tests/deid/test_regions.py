"""Where identity is burned in by rule, and when a person should look."""

import pytest
from pydicom.dataset import Dataset, FileMetaDataset

from dicomgallery.deid import regions
from dicomgallery.dicom.boxes import Box, beside

US = "1.2.840.10008.5.1.4.1.1.6.1"


def _image(sop_class: str, modality: str, **more: object) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.Modality, dataset.Rows, dataset.Columns = sop_class, modality, 480, 640
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return dataset


def _region(left: int, top: int, right: int, bottom: int, *, spatial: int = 1, kind: int = 1) -> Dataset:
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType = spatial, kind
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


def _pixels(boxes: tuple[Box, ...]) -> set[tuple[int, int]]:
    return {(x, y) for box in boxes for x in range(box.left, box.right) for y in range(box.top, box.bottom)}


def test_what_lies_beside_boxes_is_each_other_pixel_once() -> None:
    kept = [Box(2, 2, 6, 5), Box(4, 3, 9, 8), Box(-3, 0, 1, 2), Box(20, 20, 30, 30)]
    rest = beside(kept, 12, 10)
    assert sum((box.right - box.left) * (box.bottom - box.top) for box in rest) == len(_pixels(rest))
    inside = _pixels(tuple(box.within(12, 10) for box in kept))
    assert _pixels(rest) == {(x, y) for x in range(12) for y in range(10)} - inside
    assert beside([], 12, 10) == (Box(0, 0, 12, 10),)


def test_an_ultrasound_image_is_blanked_beside_its_regions_whose_far_corner_belongs_to_them() -> None:
    dataset = _image(US, "US", SequenceOfUltrasoundRegions=[_region(20, 50, 620, 440)])
    assert regions.boxes(dataset) == (
        Box(0, 0, 640, 50), Box(0, 50, 20, 441), Box(621, 50, 640, 441), Box(0, 441, 640, 480)
    )  # fmt: skip
    assert regions.suspects(dataset) == ""


def test_a_region_of_graphics_that_says_nothing_more_is_no_region_to_keep() -> None:
    text = _region(0, 0, 639, 40, spatial=5, kind=0)
    dataset = _image(US, "US", SequenceOfUltrasoundRegions=[_region(0, 41, 639, 479), text])
    assert regions.boxes(dataset) == (Box(0, 0, 640, 41),)


def test_an_ultrasound_image_without_regions_or_with_one_that_is_all_of_it_is_suspected() -> None:
    assert "does not say where its regions lie" in regions.suspects(_image(US, "US"))
    assert regions.boxes(_image(US, "US")) == ()
    whole = _image(US, "US", SequenceOfUltrasoundRegions=[_region(0, 0, 639, 479)])
    assert "cover all of it" in regions.suspects(whole)


def test_a_known_device_is_blanked_where_it_writes_its_header() -> None:
    dataset = _image(US, "US", Manufacturer="Philips Medical Systems", ManufacturerModelName="iU22")
    assert regions.boxes(dataset) == (Box(0, 0, 640, 47),)
    dataset.Rows = 481
    assert regions.boxes(dataset) == ()


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (_image("1.2.840.10008.5.1.4.1.1.2", "CT", BurnedInAnnotation="YES"), "burned in"),
        (_image("1.2.840.10008.5.1.4.1.1.7", "OT"), "secondary capture"),
        (_image("1.2.840.10008.5.1.4.1.1.7.4", "OT", BurnedInAnnotation="NO"), "secondary capture"),
        (_image("1.2.840.10008.5.1.4.1.1.2", "CT", ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"]), "screen"),
        (_image("1.2.840.10008.5.1.4.1.1.1", "CR", ConversionType="DF"), "converted"),
        (_image("1.2.840.10008.5.1.4.1.1.77.1.1", "ES"), "camera"),
        (_image("1.2.840.10008.5.1.4.1.1.77.1.1.1", "ES"), "video"),
    ],
)
def test_an_object_that_may_have_identity_burned_in_is_suspected_in_words(dataset: Dataset, said: str) -> None:
    assert said in regions.suspects(dataset)


def test_a_document_is_suspected_without_a_pixel() -> None:
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    assert "document" in regions.suspects(dataset)


def test_a_video_is_known_by_how_it_is_stored() -> None:
    dataset = _image("1.2.840.10008.5.1.4.1.1.3.1", "XA")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
    assert "video" in regions.suspects(dataset)


def test_plain_images_and_objects_without_pixels_are_not_suspected() -> None:
    assert regions.suspects(_image("1.2.840.10008.5.1.4.1.1.2", "CT")) == ""
    assert regions.suspects(_image(US, "US", BurnedInAnnotation="NO")) == ""
    assert regions.suspects(Dataset()) == ""


def test_hostile_regions_are_left_out_and_raise_nothing() -> None:
    odd = _region(5, 5, 1, 1)
    odd.add_new(0x00186014, "LO", "x")
    missing = Dataset()
    missing.RegionSpatialFormat = 1
    huge = _region(0, 0, 2**32 - 1, 2**32 - 1)
    dataset = _image(US, "US", SequenceOfUltrasoundRegions=[odd, missing, huge, *[_region(1, 1, 9, 9)] * 300])
    assert _pixels(regions.boxes(dataset)) == {(x, y) for x in range(640) for y in range(480)} - _pixels(
        (Box(1, 1, 10, 10),)
    )
