"""Every bomb that has pixels is refused or rendered in little time and memory, by a child that lives on."""

import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import psutil
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.spec import FULL, THUMBNAIL, RenderSpec
from dicomgallery.sandbox.client import Sandbox, open_sandbox
from dicomgallery.sandbox.tasks import OURS
from dicomgallery.settings import MIB, Settings
from tests.imaging.making import compressed, image, ramp, saved
from tests.proof import hostile

GIGABYTE = 1000 * 1000 * 1000
DEFLATED_FRAME = UID("1.2.840.10008.1.2.8.1")
JPEG_XL = UID("1.2.840.10008.1.2.4.112")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """As the gallery starts it, in a process of its own and with its own limits."""
    settings = Settings(data=tmp_path_factory.mktemp("bombs"))
    with open_sandbox(settings, modules=(*OURS, "tests.sandbox.troubles")) as sandbox:
        yield sandbox


@dataclass(frozen=True)
class Spent:
    """What a child took for one picture."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    is_alive: bool


def spent(sandbox: Sandbox, path: Path, spec: RenderSpec) -> Spent:
    child = psutil.Process(sandbox.ask("who", {}).whole("pid"))
    before, began = sum(child.cpu_times()[:2]), time.monotonic()
    with suppress(CannotRenderError):
        sandbox.render(path, spec)
    wall = time.monotonic() - began
    is_alive = sandbox.ask("who", {}).whole("pid") == child.pid
    if not is_alive:
        return Spent(wall, wall, GIGABYTE, is_alive=False)
    return Spent(sum(child.cpu_times()[:2]) - before, wall, _peak_bytes(child.pid), is_alive=True)


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _gigantic(code: bytes, at: int) -> bytes:
    changed = bytearray(code)
    changed[at : at + 8] = struct.pack(">LL", 0xFFFFFFF0, 0xFFFFFFF0)
    return bytes(changed)


def _in_file(dataset: Dataset, syntax: UID) -> Callable[[Path], Path]:
    return lambda folder: saved(folder, dataset, syntax)


def _as_bytes(data: bytes) -> Callable[[Path], Path]:
    def written(folder: Path) -> Path:
        (folder / "bomb.dcm").write_bytes(data)
        return folder / "bomb.dcm"

    return written


def _large_ls() -> bytes:
    code = bytearray(imagecodecs.jpegls_encode(ramp(0, 250, np.uint8)))
    frame = code.index(b"\xff\xf7")
    code[frame + 5 : frame + 9] = struct.pack(">HH", 65_535, 65_535)
    return bytes(code)


def _deflated_frame() -> bytes:
    squeezed = zlib.compressobj(9, wbits=-15)
    # After a full flush a block stands for itself, and can be repeated.
    block = squeezed.compress(bytes(1 << 24)) + squeezed.flush(zlib.Z_FULL_FLUSH)
    return block * 18 + squeezed.flush()


def _wide(**attributes: object) -> Dataset:
    dataset = image(ramp(0, 250, np.uint8))
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


J2K = imagecodecs.jpeg2k_encode(ramp(0, 250, np.uint8), reversible=True, codecformat="J2K")
BOMBS = {
    "a box of length zero": _as_bytes(hostile.endless_box()),
    "a JPEG of 30000 squared": _as_bytes(hostile.large_jpeg()),
    "an RLE header of four gigabytes": _as_bytes(hostile.rle_bomb()),
    "a deflated data set of a gigabyte": _as_bytes(hostile.deflate_bomb()),
    "a deflated frame of 300 MB": _in_file(
        compressed(image(ramp(0, 1, np.uint8)), [_deflated_frame()]), DEFLATED_FRAME
    ),
    "a JPEG 2000 of four billion squared": _in_file(
        compressed(image(ramp(0, 1, np.uint8)), [_gigantic(J2K, 8)]), JPEG2000Lossless
    ),
    "a JPEG-LS of 65535 squared": _in_file(compressed(image(ramp(0, 1, np.uint8)), [_large_ls()]), JPEGLSLossless),
    "a JPEG XL that is noise": _in_file(
        compressed(image(ramp(0, 1, np.uint8)), [b"\xff\x0a" + b"\xff" * 4000]), JPEG_XL
    ),
    "an RLE of endless runs": _in_file(
        compressed(image(ramp(0, 1, np.uint8)), [struct.pack("<16L", 1, 64, *[0] * 14) + b"\x81\x00" * 2_000_000]),
        RLELossless,
    ),
    "a header of 65535 squared": _in_file(_wide(Rows=65_535, Columns=65_535), ExplicitVRLittleEndian),
    "two billion frames": _in_file(_wide(NumberOfFrames=2_147_483_647), ExplicitVRLittleEndian),
    "pixels ten thousand times as high as wide": _in_file(
        _wide(PixelAspectRatio=["10000", "1"]), ExplicitVRLittleEndian
    ),
    "the largest picture that is drawn": _in_file(
        image(np.zeros((7000, 7000), np.uint16), BitsAllocated=16, BitsStored=16, HighBit=15), ExplicitVRLittleEndian
    ),
}


@pytest.mark.parametrize("spec", [FULL, THUMBNAIL], ids=["full", "thumbnail"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_neither_time_nor_memory(sandbox: Sandbox, tmp_path: Path, name: str, spec: RenderSpec) -> None:
    took = spent(sandbox, BOMBS[name](tmp_path), spec)

    # What a promise says of a bomb, not of the speed of this machine: five seconds of processor, a gigabyte.
    assert took.is_alive
    assert took.cpu_seconds < 5
    assert took.peak_bytes < GIGABYTE
    assert took.peak_bytes > MIB
