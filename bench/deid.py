"""How many CT images lose their identity in a second on one core, from a file's bytes to the new file's."""

import time
from typing import Any, Final

from dicomgallery.deid.engine import Engine
from dicomgallery.deid.profile import BASIC
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom import synthetic

FILES: Final = 400
_DIFFERENT: Final = 20
_WAYS: Final = {
    "basic": (),
    "cleaned": ("clean_desc", "clean_struct", "clean_graph", "retain_modif_dates"),
}

# CT of 512 x 512 in a second of processor time.
TARGET_PER_S: Final = 270


def run(files: int = FILES) -> dict[str, Any]:
    """Objects for each second of processor time, under the Basic Profile and under one that cleans."""
    objects = [synthetic.as_bytes(synthetic.ct_slice(number, of=_DIFFERENT)) for number in range(1, _DIFFERENT + 1)]
    return {way: _measured(Engine(BASIC.with_options(*options), Pseudonyms(b"a secret of the bench")), objects, files)
            for way, options in _WAYS.items()}  # fmt: skip


def _measured(engine: Engine, objects: list[bytes], files: int) -> dict[str, float]:
    _written(engine, objects[0])
    began = time.process_time()
    written = sum(_written(engine, objects[number % len(objects)]) for number in range(files))
    spent = time.process_time() - began
    return {"per_s": round(files / spent, 1), "ms": round(spent / files * 1000, 2), "bytes": written // files}


def _written(engine: Engine, data: bytes) -> int:
    return len(b"".join(engine.deidentify(data).chunks()))
