"""What tools measured, in words."""

from typing import Any

import orjson
import pytest

from dicomgallery.dicom.values import THIN_SPACE
from dicomgallery.errors import RefusedError
from dicomgallery.imaging.marks import Kind
from dicomgallery.services.annotating import figures


def said(kind: Kind, sent: Any) -> str:
    return figures.words(kind, figures.read(figures.checked(sent))).replace(THIN_SPACE, " ")


@pytest.mark.parametrize(
    ("kind", "sent", "words"),
    [
        (Kind.LENGTH, {"length": {"value": 12.34, "unit": "mm"}}, "Length 12.34 mm"),
        (Kind.LENGTH, {"length": {"value": 12.30001, "unit": "mm"}}, "Length 12.3 mm"),
        (Kind.ANGLE, {"angle": {"value": 45, "unit": "deg"}}, "Angle 45°"),
        (Kind.COBB, {"angle": {"value": 12.5, "unit": "°"}}, "Cobb angle 12.5°"),
        (Kind.ARROW, {}, "Arrow"),
        (Kind.PROBE, {"value": {"value": -1000.2, "unit": "HU"}}, "Probe −1 000 HU"),
        (
            Kind.PROBE,
            {"position": {"value": [1, 2, -3.5], "unit": "mm"}, "value": {"value": 40, "unit": "HU"}},
            "Probe: 40 HU, position 1, 2, −3.5 mm",
        ),
        (
            Kind.ELLIPSE,
            {"area": 104, "area_unit": "mm2", "mean": 41.23, "sd": 9.8, "min": -20, "max": 90, "unit": "HU"},
            "Ellipse: 104 mm², mean 41.23 HU, SD 9.8, min −20, max 90",
        ),
        (Kind.RECTANGLE, {"mean": 3, "area": 104, "unit": "HU"}, "Rectangle: 104, mean 3 HU"),
        (
            Kind.FREEHAND,
            {"area": {"value": 1234567.8, "unit": "px²"}, "mean": None},
            "Freehand 1 234 568 px²",
        ),
    ],
)
def test_figures_in_words(kind: Kind, sent: Any, words: str) -> None:
    assert said(kind, sent) == words


def test_figures_are_kept_as_they_were_sent() -> None:
    sent = {"length": {"value": 1 / 3, "unit": "mm"}, "unit": "HU", "mean": None}

    assert orjson.loads(figures.checked(sent)) == sent


def test_a_label_has_what_matters_most() -> None:
    sent = {"mean": 1.5, "sd": 2, "unit": "HU", "max": 7, "area": {"value": 10, "unit": "mm²"}}

    assert figures.label(figures.read(figures.checked(sent))) == ("10 mm²", "mean 1.5 HU, SD 2")
    assert figures.label([]) == ()


@pytest.mark.parametrize(
    "sent",
    [
        [],
        "x",
        {"a b": 1},
        {"": 1},
        {"=cmd": 1},
        {"x" * 33: 1},
        {"length": "12"},
        {"length": True},
        {"length": {"value": "12"}},
        {"length": {"value": 1, "color": "red"}},
        {"length": {"value": 1, "unit": 5}},
        {"length": {"value": 1, "unit": "x" * 17}},
        {"length": {"value": 1, "unit": "a\nb"}},
        {"unit": 5},
        {"area_unit": None},
        {"length": 1e16},
        {"length": float("nan")},
        {"length": 10**400},
        {"position": [1, None]},
        {"position": [1] * 17},
        {"position": [[1]]},
        {f"n{number}": 1 for number in range(33)},
        {f"n{number}": [1.123456789012345] * 16 for number in range(32)},
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_what_is_no_figure_is_refused_in_words(sent: Any) -> None:
    with pytest.raises(RefusedError) as refusal:
        figures.checked(sent)

    assert refusal.value.message.endswith(".")
