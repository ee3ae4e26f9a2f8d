"""Marks as a browser sends them."""

import uuid
from typing import Any

from dicomgallery.access import LOCAL_OWNER, Actor
from dicomgallery.models import Mark
from dicomgallery.services import annotating
from dicomgallery.services.annotating import Draft, Saved

CALIBRATION = "Pixel Spacing (0028,0030)"
LENGTH: dict[str, Any] = {
    "kind": "length",
    "points": [[4.5, 6], [20, 6]],
    "figures": {"length": {"value": 12.34, "unit": "mm"}},
    "calibration": CALIBRATION,
}
ELLIPSE: dict[str, Any] = {
    "kind": "ellipse",
    "points": [[16, 24], [16, 8], [6, 16], [26, 16]],
    "figures": {
        "area": {"value": 104, "unit": "mm²"},
        "mean": {"value": 41.23, "unit": "HU"},
        "sd": {"value": 9.8, "unit": "HU"},
    },
    "calibration": CALIBRATION,
}
ARROW: dict[str, Any] = {"kind": "arrow", "points": [[10, 10], [20, 4]], "text": "for Dr. Doe"}


def new_key() -> str:
    """A UUID, as a browser mints them."""
    return str(uuid.uuid4())


def drawn(image: int, body: dict[str, Any] = LENGTH, *, actor: Actor = LOCAL_OWNER, key: str = "", **more: Any) -> Mark:
    """A mark on an image, made through the front door of the services."""
    saved = annotating.put(key or new_key(), Draft.parse({"image": image, **body, **more}), actor=actor)
    assert isinstance(saved, Saved)
    return saved.mark
