"""How many CT images lose their identity in a second: in the engine alone, on one core; in a run, on the machine's."""

import time
from typing import Any, Final

from bench import deid_run
from dicomgallery.deid.engine import Engine
from dicomgallery.deid.profile import BASIC
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom import synthetic

FILES: Final = 400
_DIFFERENT: Final = 20
_SECRET: Final = b"a secret of the bench"
_WAYS: Final = {
    "basic": (),
    "cleaned": ("clean_desc", "clean_struct", "clean_graph", "retain_modif_dates"),
}

# CT of 512 x 512 in a second of processor time.
TARGET_PER_S: Final = 270


def run(files: int = FILES) -> dict[str, Any]:
    """Objects for each second of processor time, under the Basic Profile and one that cleans; and a whole run."""
    objects = [synthetic.as_bytes(synthetic.ct_slice(number, of=_DIFFERENT)) for number in range(1, _DIFFERENT + 1)]
    engines = {way: Engine(BASIC.with_options(*options), Pseudonyms(_SECRET)) for way, options in _WAYS.items()}
    alone = {way: _measured(engine, objects, files) for way, engine in engines.items()}
    return {**alone, "run": deid_run.run(files)}


def _measured(engine: Engine, objects: list[bytes], files: int) -> dict[str, float]:
    _written(engine, objects[0])
    began = time.process_time()
    written = sum(_written(engine, objects[number % len(objects)]) for number in range(files))
    spent = time.process_time() - began
    return {"per_s": round(files / spent, 1), "ms": round(spent / files * 1000, 2), "bytes": written // files}


def _written(engine: Engine, data: bytes) -> int:
    return len(b"".join(engine.deidentify(data).chunks()))
