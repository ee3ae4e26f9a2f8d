"""Writing found by rapidocr, which is installed only where somebody wants it: see requirements-ocr.txt."""

from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging.writing import Line

_LEAST_SCORE: Final = 0.5
_LEAST_LETTERS: Final = 2


def is_here() -> bool:
    """Say whether the detector is installed, without loading it."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def lines(picture: NDArray[np.uint8]) -> list[Line]:
    """The lines of writing in an RGB picture, each as sure as its letters could be read; they are not told."""
    found = _reader()(picture[..., ::-1], use_det=True, use_cls=False, use_rec=True)
    if found.boxes is None or found.txts is None or found.scores is None:
        return []
    rows, columns = picture.shape[:2]
    return [
        Line(_upright(corners).within(columns, rows), round(float(score), 3))
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        # On noise the detector draws boxes in which nothing can be read.
        if score >= _LEAST_SCORE and sum(letter.isalnum() for letter in text) >= _LEAST_LETTERS
    ]


def _upright(corners: NDArray[np.float32]) -> Box:
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return Box(left, top, right, bottom)


@lru_cache(maxsize=1)
def _reader() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 - it may not be here, and costs a second

    # One thread: two pictures are looked at beside each other, in processes of their own.
    return RapidOCR(params={"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": 1})
