"""How many millimeters a pixel is, and who says so."""

import math
from typing import Any

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicomgallery.dicom.calibration import MOST_REGIONS, NOT_CALIBRATED, Region, calibration_of
from tests.enhanced import groups, item


def region(**values: Any) -> Dataset:
    usual = {
        "RegionLocationMinX0": 10,
        "RegionLocationMinY0": 20,
        "RegionLocationMaxX1": 300,
        "RegionLocationMaxY1": 400,
        "PhysicalUnitsXDirection": 3,
        "PhysicalUnitsYDirection": 3,
        "PhysicalDeltaX": 0.02,
        "PhysicalDeltaY": 0.03,
    }
    return item(**usual | values)


def test_pixel_spacing_is_told_rows_first() -> None:
    found = calibration_of(item(PixelSpacing=[0.5, 0.9]))

    assert (found.row_mm, found.column_mm, found.origin) == (0.5, 0.9, "Pixel Spacing (0028,0030)")
    assert found.words == ""


def test_without_any_spacing_there_are_pixels_only() -> None:
    assert calibration_of(Dataset()).as_json() == {
        "row_mm": None,
        "column_mm": None,
        "from": NOT_CALIBRATED,
        "words": "",
        "regions": [],
    }


@pytest.mark.parametrize(
    ("kind", "said"), [("GEOMETRY", "magnification"), ("FIDUCIAL", "object of known size"), ("X", "")]
)
def test_how_a_projection_was_calibrated_is_told(kind: str, said: str) -> None:
    header = item(PixelSpacing=[0.1, 0.1], ImagerPixelSpacing=[0.15, 0.15], PixelSpacingCalibrationType=kind)

    found = calibration_of(header)

    assert (found.row_mm, found.origin) == (0.1, "Pixel Spacing (0028,0030)")
    assert said in found.words


def test_at_the_detector_lengths_are_divided_by_the_magnification_where_it_is_said() -> None:
    header = item(ImagerPixelSpacing=[0.15, 0.3])

    bare = calibration_of(header)
    header.EstimatedRadiographicMagnificationFactor = 1.5
    divided = calibration_of(header)

    assert (bare.row_mm, bare.column_mm, bare.origin) == (0.15, 0.3, "Imager Pixel Spacing (0018,1164)")
    assert "at the detector" in bare.words
    assert (divided.row_mm, divided.column_mm) == (pytest.approx(0.1), pytest.approx(0.2))
    assert "Divided by" in divided.words


@pytest.mark.parametrize("factor", [0, -1.5, 1e9])
def test_an_absurd_magnification_divides_nothing(factor: float) -> None:
    found = calibration_of(item(ImagerPixelSpacing=[0.15, 0.15], EstimatedRadiographicMagnificationFactor=factor))

    assert found.row_mm == 0.15
    assert "is no magnification" in found.words


def test_a_pixel_spacing_that_repeats_the_detectors_is_the_detectors() -> None:
    found = calibration_of(item(PixelSpacing=[0.15, 0.15], ImagerPixelSpacing=[0.15, 0.15]))

    assert found.origin == "Imager Pixel Spacing (0018,1164)"
    assert "at the detector" in found.words


def test_a_scanned_film_is_measured_on_the_film() -> None:
    found = calibration_of(item(NominalScannedPixelSpacing=[0.2, 0.2]))

    assert (found.row_mm, found.words) == (0.2, "Measured on the film that was scanned.")


def test_each_frame_has_the_spacing_of_its_groups() -> None:
    header = item(
        SharedFunctionalGroupsSequence=[groups({"PixelMeasures": {"PixelSpacing": [2, 2]}})],
        PerFrameFunctionalGroupsSequence=[groups({"PixelMeasures": {"PixelSpacing": [1, 1]}}), Dataset()],
    )

    own, shared = calibration_of(header), calibration_of(header, place=1)

    assert (own.row_mm, own.origin) == (1, "Pixel Spacing (0028,0030) of the frame")
    assert (shared.row_mm, shared.origin) == (2, "Pixel Spacing (0028,0030) of all frames")


@pytest.mark.parametrize("bad", [b"0\\0", b"-1\\-1", b"nan\\nan", b"0.5", b"1e9\\1e9", b"0.5\\0.5\\0.5", b"x\\y"])
def test_a_spacing_that_is_none_is_left_out_and_the_next_counts(bad: bytes) -> None:
    header = item(ImagerPixelSpacing=[0.3, 0.3])
    tag = Tag(0x00280030)
    header[tag] = RawDataElement(tag, "DS", len(bad), bad, 0, is_implicit_VR=False, is_little_endian=True)

    found = calibration_of(header)

    assert (found.row_mm, found.origin) == (0.3, "Imager Pixel Spacing (0018,1164)")
    assert "Pixel Spacing (0028,0030) is not two lengths from 1e-06 to 100 mm, and is left out." in found.words


def test_ultrasound_regions_have_scales_of_their_own() -> None:
    doppler = region(PhysicalUnitsXDirection=4, PhysicalUnitsYDirection=7, PhysicalDeltaX=0.005, PhysicalDeltaY=-0.8)

    found = calibration_of(item(SequenceOfUltrasoundRegions=[region(), doppler]))

    assert found.origin == "Sequence of Ultrasound Regions (0018,6011)"
    assert (found.row_mm, found.column_mm) == (None, None)
    assert found.regions == (
        Region(10, 20, 300, 400, "cm", "cm", 0.02, 0.03),
        Region(10, 20, 300, 400, "s", "cm/s", 0.005, 0.8),
    )
    assert found.as_json()["regions"][1]["unit_y"] == "cm/s"


@pytest.mark.parametrize(
    "wrong",
    [
        {"PhysicalDeltaX": 0},
        {"PhysicalDeltaY": math.nan},
        {"PhysicalDeltaY": 1e300},
        {"RegionLocationMaxX1": 5},
        {"RegionLocationMaxX1": None},
    ],
)
def test_a_region_without_box_or_scale_is_none_and_said(wrong: dict[str, Any]) -> None:
    found = calibration_of(item(SequenceOfUltrasoundRegions=[region(**wrong)]))

    assert found.regions == ()
    assert found.words == "1 ultrasound region has no box or no scale, and cannot be measured in."


def test_of_very_many_regions_the_first_are_told() -> None:
    found = calibration_of(item(SequenceOfUltrasoundRegions=[region(PhysicalUnitsXDirection=99)] * 1000))

    assert len(found.regions) == MOST_REGIONS
    assert found.regions[0].unit_x == ""
    assert "Of 1000 ultrasound regions the first 64 are told." in found.words
