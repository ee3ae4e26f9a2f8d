"""What decoders that the gallery does not use make of the same frame: pydicom's own, its plugins, and dcmtk."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels import pixel_array

from dicomgallery.dicom.transfer import DEFLATED_SYNTAXES, NATIVE_SYNTAXES

_J2K: Final = "1.2.840.10008.1.2.4."
_PLUGINS: Final = {
    # dcmtk believes the header over a codestream that says its own colors.
    f"{_J2K}50": "pillow",
    "1.2.840.10008.1.2.5": "pylibjpeg",
    f"{_J2K}80": "pyjpegls",
    f"{_J2K}81": "pyjpegls",
    f"{_J2K}90": "pylibjpeg",
    f"{_J2K}91": "pylibjpeg",
    f"{_J2K}201": "pylibjpeg",
    f"{_J2K}202": "pylibjpeg",
    f"{_J2K}203": "pylibjpeg",
}
_JPEG: Final = {f"{_J2K}51", f"{_J2K}57", f"{_J2K}70"}
LOSSY: Final = {f"{_J2K}50", f"{_J2K}51", f"{_J2K}81", f"{_J2K}91", f"{_J2K}203", f"{_J2K}111", f"{_J2K}112"}


@dataclass(frozen=True)
class Opinion:
    """A frame by another decoder; colors as RGB."""

    samples: NDArray[Any] | None
    by: str


def second_opinion(path: Path, syntax: str, index: int, scratch: Path) -> Opinion:
    """Decode a frame, counted from 0, without anything of the gallery's; no samples where nothing here can."""
    if syntax in NATIVE_SYNTAXES or syntax in DEFLATED_SYNTAXES:
        return _by_pydicom(path, index, "", "pydicom")
    if syntax in _PLUGINS:
        return _by_pydicom(path, index, _PLUGINS[syntax], _PLUGINS[syntax])
    if syntax in _JPEG and shutil.which("dcmdjpeg"):
        return _by_dcmtk(path, index, scratch)
    return Opinion(None, "")


def _by_pydicom(path: Path, index: int, plugin: str, name: str) -> Opinion:
    try:
        dataset = dcmread(path, force=True)
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        samples = pixel_array(dataset, index=index if frames > 1 else None, decoding_plugin=plugin)
    except Exception:  # noqa: BLE001  whatever another decoder raises, it has no opinion
        return Opinion(None, "")
    return Opinion(samples, name)


def _by_dcmtk(path: Path, index: int, scratch: Path) -> Opinion:
    # Colors come as RGB, and never through dcmtk's own upsampling of chrominance, which differs from libjpeg's.
    made = scratch / "plain.dcm"
    done = subprocess.run(["dcmdjpeg", "+cp", str(path), str(made)], capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        return Opinion(None, "")
    try:
        return _by_pydicom(made, index, "", "dcmtk")
    finally:
        made.unlink()
