"""One small object in each transfer syntax, by which anybody can see that this gallery reads it.

`make.py` wrote the files; here is what must come out of them.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROWS: Final = 48
COLUMNS: Final = 64
_FOLDER: Final = Path(__file__).with_name("files")
_MPEG: Final = "Video, which the gallery does not read yet."
_RETIRED: Final = "Retired from the standard; no free encoder makes it."
_JPIP: Final = "Its pixels lie on a server, never in the file."


@dataclass(frozen=True, slots=True)
class Specimen:
    """A transfer syntax, and the object that stands for it."""

    transfer_syntax: str
    what: str
    """"gray" (12 bits), "gray8" or "rgb"; without a file, why there is none."""
    file: str = ""
    apart: int = 0
    """How far a sample may be from the original: 0 where nothing is lost."""

    @property
    def path(self) -> Path:
        """The object's file."""
        return _FOLDER / f"{self.file}.dcm"


@dataclass(frozen=True, slots=True)
class Examined:
    """What came out of a specimen."""

    apart: int
    """The largest difference from the original."""
    microseconds: int
    """For opening the file and decoding the frame."""


_J: Final = "1.2.840.10008.1.2.4."
SPECIMENS: Final[tuple[Specimen, ...]] = (
    Specimen("1.2.840.10008.1.2", "gray", "implicit"),
    Specimen("1.2.840.10008.1.2.1", "gray", "explicit"),
    Specimen("1.2.840.10008.1.2.2", "gray", "big-endian"),
    Specimen("1.2.840.10008.1.2.1.99", "gray", "deflated"),
    Specimen("1.2.840.10008.1.2.1.98", "gray", "encapsulated"),
    Specimen("1.2.840.10008.1.2.8.1", "gray", "deflated-frame"),
    Specimen("1.2.840.10008.1.2.5", "gray", "rle"),
    Specimen("1.2.840.10008.1.2.5", "rgb", "rle-rgb"),
    Specimen(f"{_J}50", "gray8", "jpeg", apart=4),
    Specimen(f"{_J}50", "rgb", "jpeg-rgb", apart=6),
    Specimen(f"{_J}51", "gray", "jpeg-12", apart=8),
    Specimen(f"{_J}51", "gray", "jpeg-12-without-spectrum", apart=8),
    Specimen(f"{_J}57", "gray", "jpeg-lossless"),
    Specimen(f"{_J}70", "gray", "jpeg-lossless-sv1"),
    Specimen(f"{_J}70", "rgb", "jpeg-lossless-sv1-rgb"),
    Specimen(f"{_J}80", "gray", "jpeg-ls"),
    Specimen(f"{_J}81", "gray", "jpeg-ls-near", apart=2),
    Specimen(f"{_J}90", "gray", "jpeg-2000"),
    Specimen(f"{_J}90", "rgb", "jpeg-2000-rgb"),
    Specimen(f"{_J}91", "gray8", "jpeg-2000-lossy", apart=6),
    Specimen(f"{_J}201", "gray", "htj2k"),
    Specimen(f"{_J}202", "No free encoder orders it by resolution as its name asks."),
    Specimen(f"{_J}203", "gray8", "htj2k-lossy", apart=3),
    Specimen(f"{_J}110", "gray", "jpeg-xl"),
    Specimen(f"{_J}111", "rgb", "jpeg-xl-recompressed", apart=6),
    Specimen(f"{_J}112", "rgb", "jpeg-xl-lossy", apart=16),
    Specimen(f"{_J}52", _RETIRED),
    Specimen(f"{_J}53", _RETIRED),
    Specimen(f"{_J}55", _RETIRED),
    Specimen(f"{_J}94", _JPIP),
    Specimen(f"{_J}95", _JPIP),
    Specimen(f"{_J}100", _MPEG),
    Specimen(f"{_J}102", _MPEG),
    Specimen(f"{_J}107", _MPEG),
)


BY_FILE: Final = {specimen.file: specimen for specimen in SPECIMENS if specimen.file}


def original(what: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The picture that every specimen holds: slopes both ways and a bright disc with a soft edge."""
    down, across = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)
    disc = 1 / (1 + np.exp((np.hypot(down - 20, across - 36) - 12) / 1.5))
    red = down / ROWS * 0.6 + disc * 0.3
    green = across / COLUMNS * 0.6 + disc * 0.3
    if what == "gray":
        deep: NDArray[np.uint16] = np.rint((red + green) / 2 * 4095).astype(np.uint16)
        return deep
    shares = (red + green) / 2 if what == "gray8" else np.stack([red, green, (red + green) / 2], axis=-1)
    eight: NDArray[np.uint8] = np.rint(shares * 255).astype(np.uint8)
    return eight


def examine(specimen: Specimen) -> Examined:
    """Decode a specimen and hold it against the original; CannotRenderError when it cannot be decoded."""
    # Imported here: the list is for pages, the codecs for the sandbox.
    from dicomgallery.imaging.color import to_rgb  # noqa: PLC0415
    from dicomgallery.imaging.layout import layout_of  # noqa: PLC0415
    from dicomgallery.imaging.samples import frame_samples  # noqa: PLC0415
    from dicomgallery.imaging.source import open_source  # noqa: PLC0415

    began = time.perf_counter()
    source = open_source(specimen.path)
    layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
    decoded = frame_samples(source, layout, 0)
    microseconds = round((time.perf_counter() - began) * 1e6)
    samples = to_rgb(decoded.samples, decoded.layout)[0] if decoded.layout.is_color else decoded.samples
    apart = np.abs(samples.astype(np.int64) - original(specimen.what).astype(np.int64))
    return Examined(int(apart.max()), microseconds)
