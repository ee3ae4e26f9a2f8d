"""Compressed frames into samples, by the fastest decoder that takes them, and only within a known size.

A frame's own first bytes choose the decoder: the transfer syntax of a file is sometimes wrong, its codestream is not.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final, TypeAlias

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, HTJ2KLossless, JPEG2000Lossless, RLELossless

from dicomgallery.dicom.transfer import short_name
from dicomgallery.imaging import codestream, native
from dicomgallery.imaging.codestream import Codestream, Color
from dicomgallery.imaging.layout import MAX_PIXELS, Layout, check_size
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

ENCAPSULATED_UNCOMPRESSED: Final = "1.2.840.10008.1.2.1.98"
DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
RLE: Final = "1.2.840.10008.1.2.5"
HTJ2K: Final = frozenset({"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"})

_FAR_MORE: Final = 16
"""A codestream of more times the header's pixels than this is damaged or means harm, and decoding it costs seconds."""

DECODER_TROUBLE: Final = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    OSError,
    EOFError,
    SyntaxError,
    struct.error,
    zlib.error,
)
"""What decoders raise on a frame they cannot read; imagecodecs' own errors are RuntimeErrors, Pillow's OSErrors."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame's samples, and the layout as its codestream had it."""

    samples: Samples
    layout: Layout
    notes: tuple[str, ...] = ()


Attempt: TypeAlias = Callable[[], Samples]


def decode(frame: bytes, layout: Layout, *, least_side: int | None = None) -> Decoded:
    """Decode one encapsulated frame; CannotRenderError when it is refused or no decoder can read it.

    With `least_side`, the frame may come smaller by a power of two, its shorter side never below that.
    """
    if frame.startswith((b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP")):
        return _jpeg2000(frame, layout, least_side)
    if frame.startswith((b"\xff\x0a", b"\x00\x00\x00\x0cJXL ")):
        return _jpeg_xl(frame, layout)
    if layout.transfer_syntax == RLE:
        return _rle(frame, layout)
    if layout.transfer_syntax == ENCAPSULATED_UNCOMPRESSED:
        return _uncompressed(frame, layout)
    if layout.transfer_syntax == DEFLATED_FRAMES:
        return _uncompressed(_inflated(frame, layout), layout)
    if b"\xff\xd8" in frame[:64]:
        return _jpeg(frame, layout)
    raise CannotRenderError(
        RenderReason.UNSUPPORTED, f"Its pixels are compressed as {short_name(layout.transfer_syntax)}, not read here."
    )


def _jpeg(frame: bytes, layout: Layout) -> Decoded:
    found = codestream.jpeg(frame)
    settled, notes = _settle(layout, found)
    frame = frame[found.start :]
    if found.process == codestream.JPEG_LS_PROCESS:
        # Without an end of image CharLS goes on for seconds over 246 damaged bytes; a second one is never read.
        closed = frame + b"\xff\xd9"
        samples = _first_that_reads("JPEG-LS", found, (lambda: imagecodecs.jpegls_decode(closed),))
        return _signed(Decoded(samples, settled, notes))
    if found.process in codestream.LOSSLESS_PROCESSES:
        samples = _first_that_reads(
            "JPEG lossless",
            found,
            (
                lambda: imagecodecs.jpeg8_decode(frame, colorspace=_same(found), outcolorspace=_same(found)),
                lambda: imagecodecs.ljpeg_decode(frame),
                lambda: imagecodecs.jpegsof3_decode(frame),
            ),
        )
        return _signed(Decoded(samples, settled, notes))
    if found.precision > 8 and (repaired := _with_whole_spectrum(frame, found)) is not frame:
        frame = repaired
        notes += ("The scan header of its 12-bit JPEG says it holds no detail; it was read as if it said 63.",)
    if found.components == 1:
        return _signed(
            Decoded(_first_that_reads("JPEG", found, (lambda: imagecodecs.jpeg8_decode(frame),)), settled, notes)
        )
    # A codestream that says its color is believed over the header, as pydicom 3 does.
    is_rgb = found.color is Color.RGB or (found.color is Color.UNSAID and layout.photometric == "RGB")
    if not is_rgb and layout.photometric == "RGB":
        notes += ("Its header says RGB, its JPEG says luminance and chrominance, and that is what it holds",)
    samples = _first_that_reads(
        "JPEG",
        found,
        (lambda: imagecodecs.jpeg8_decode(frame, colorspace="RGB" if is_rgb else "YCBCR", outcolorspace="RGB"),),
    )
    return Decoded(samples, replace(settled, photometric="RGB", signed=False), notes)


def _jpeg2000(frame: bytes, layout: Layout, least_side: int | None) -> Decoded:
    found = codestream.jpeg2000(frame)
    settled, notes = _settle(layout, found)
    if found.width * found.height * found.components > MAX_PIXELS:
        # The decoder keeps every component as 32-bit numbers.
        raise CannotRenderError(
            RenderReason.TOO_LARGE,
            f"One frame is {found.width} x {found.height} pixels in color; that much JPEG 2000 is not decoded.",
        )
    if found.components == 3 and (found.color is Color.RGB or layout.photometric in ("YBR_ICT", "YBR_RCT")):
        settled = replace(settled, photometric="RGB")
    bare = frame[found.start :]
    high_throughput = layout.transfer_syntax in HTJ2K
    reduction = _reduction(found, least_side)
    attempts: list[Attempt] = []
    if high_throughput and found.reversible:
        # OpenJPH lets the overshoots of the lossy wavelet wrap around, black to white.
        attempts.append(lambda: imagecodecs.htj2k_decode(bare, skipres=reduction or None))
    elif reduction and found.components == 1 and found.precision <= 16:
        attempts.append(lambda: _reduced(bare, found, reduction))
    attempts.append(lambda: imagecodecs.jpeg2k_decode(bare, numthreads=1))
    attempts.append(
        lambda: _by_pydicom(bare, layout, found, HTJ2KLossless if high_throughput else JPEG2000Lossless, "pylibjpeg")
    )
    samples = _first_that_reads("JPEG 2000", found, attempts, reduction)
    if samples.shape[:2] != (settled.rows, settled.columns):
        settled = replace(settled, rows=samples.shape[0], columns=samples.shape[1])
    decoded = Decoded(samples, replace(settled, signed=settled.signed or bool(found.signed)), notes)
    return decoded if found.signed else _signed(decoded)


def _reduction(found: Codestream, least_side: int | None) -> int:
    """How many times a JPEG 2000 frame may be halved and still fill the picture."""
    if not least_side:
        return 0
    times = 0
    while times < found.levels and min(found.width, found.height) >> (times + 1) >= least_side:
        times += 1
    return times


def _reduced(bare: bytes, found: Codestream, reduction: int) -> Samples:
    """Let Pillow leave out the finest resolutions; it is the one binding of OpenJPEG that can."""
    with Image.open(BytesIO(bare)) as image:
        image.reduce = reduction  # type: ignore[method-assign, assignment]
        image.load()
        shifted = np.asarray(image)
    if shifted.dtype == np.uint8:
        values, offset = shifted.astype(np.int16), 1 << 7
    else:
        # Pillow moves samples to the top of 16 bits, and signed ones up by half their range.
        values, offset = shifted.astype(np.int32) >> (16 - found.precision), 1 << (found.precision - 1)
    return (values - offset).astype(np.int16) if found.signed else values.astype(np.uint16)


def _jpeg_xl(frame: bytes, layout: Layout) -> Decoded:
    found = codestream.jpeg_xl(frame)
    check_size(found.width, found.height)
    samples = _first_that_reads("JPEG XL", found, (lambda: imagecodecs.jpegxl_decode(frame, numthreads=1),))
    components = samples.shape[2] if samples.ndim == 3 else 1
    precision = min(layout.bits_stored, samples.dtype.itemsize * 8)
    settled, notes = _settle(layout, replace(found, components=components, precision=precision))
    return _signed(Decoded(samples, replace(settled, photometric="RGB") if components == 3 else settled, notes))


def _rle(frame: bytes, layout: Layout) -> Decoded:
    """PS3.5 Annex G: one segment for each byte of each sample, the most significant first."""
    if layout.bits_allocated == 1:
        packed = (layout.pixels + 7) // 8
        codestream.rle_planes(frame, 1, packed)
        return _uncompressed(_unpacked(frame, "u1", packed, layout), layout)
    size = layout.bits_allocated // 8
    codestream.rle_planes(frame, layout.samples * size, layout.pixels)
    raw = _unpacked(frame, f"<u{size}", layout.pixels * layout.samples * size, layout)
    planes = replace(layout, by_plane=layout.samples > 1)
    if layout.photometric == "YBR_FULL_422":
        # RLE keeps all three samples of a pixel, whatever the header says.
        planes = replace(planes, photometric="YBR_FULL")
    return Decoded(native.samples_of(raw, planes), planes)


def _unpacked(frame: bytes, dtype: str, size: int, layout: Layout) -> bytes:
    """Unpack into just the room the frame needs; the header of a hostile one asks for gigabytes."""
    try:
        return bytes(imagecodecs.dicomrle_decode(frame, dtype, out=bytearray(size)))
    except DECODER_TROUBLE:
        # Some writers let a segment run past its plane; pydicom's own decoder forgives that.
        found = Codestream(layout.columns, layout.rows, layout.samples, layout.bits_stored)
        flat = _first_that_reads("RLE", found, (lambda: _by_pydicom(frame, layout, found, RLELossless, "pydicom"),))
        return np.moveaxis(np.atleast_3d(flat), 2, 0).tobytes()


def _uncompressed(raw: bytes, layout: Layout) -> Decoded:
    return Decoded(native.samples_of(raw, layout), layout)


def _inflated(frame: bytes, layout: Layout) -> bytes:
    """Inflate one frame, never past the size it must have (PS3.5 A.4.13)."""
    try:
        return zlib.decompressobj(-15).decompress(frame, (layout.frame_bits + 7) // 8)
    except zlib.error:
        raise CannotRenderError(RenderReason.DAMAGED, "The deflated frame cannot be inflated.") from None


def _settle(layout: Layout, found: Codestream) -> tuple[Layout, tuple[str, ...]]:
    """The layout as the codestream has it, with a note where the header says otherwise; refused if it cannot be."""
    if found.width < 1 or found.height < 1:
        raise CannotRenderError(RenderReason.DAMAGED, "The compressed picture says it has no pixels.")
    check_size(found.width, found.height)
    if found.components not in (1, 3) or not 1 <= found.precision <= 32:
        raise CannotRenderError(
            RenderReason.UNSUPPORTED,
            f"The compressed picture has {found.components} components of {found.precision} bits, which is not read.",
        )
    if found.width * found.height > layout.pixels * _FAR_MORE:
        raise CannotRenderError(
            RenderReason.MISMATCH,
            f"The picture inside claims {found.width} x {found.height} pixels; "
            f"the header says {layout.columns} x {layout.rows}.",
        )
    notes: list[str] = []
    if (found.width, found.height) != (layout.columns, layout.rows):
        notes.append(
            f"The picture inside is {found.width} x {found.height}; the header says {layout.columns} x {layout.rows}."
        )
    photometric = layout.photometric
    if found.components != layout.samples:
        notes.append(f"The picture inside has {found.components} samples a pixel; the header says {layout.samples}.")
        photometric = "MONOCHROME2" if found.components == 1 else "RGB" if found.color is Color.RGB else "YBR_FULL"
    # Signed samples keep their sign in the highest bit of whichever is narrower.
    stored = min(found.precision, layout.bits_stored) if layout.signed else found.precision
    settled = replace(
        layout,
        rows=found.height,
        columns=found.width,
        samples=found.components,
        bits_stored=stored,
        high_bit=stored - 1,
        bits_allocated=max(8, 1 << (found.precision - 1).bit_length()),
        photometric=photometric,
        by_plane=False,
    )
    return settled, tuple(notes)


def _first_that_reads(name: str, found: Codestream, attempts: Sequence[Attempt], reduction: int = 0) -> Samples:
    """The first decoder's answer that has the shape the codestream promised."""
    for attempt in attempts:
        try:
            samples = attempt()
        except MemoryError:
            raise CannotRenderError(
                RenderReason.OUT_OF_MEMORY, "Decoding the picture takes more memory than there is."
            ) from None
        except DECODER_TROUBLE:
            continue
        if samples.ndim == 3 and samples.shape[2] == 1:
            samples = samples[:, :, 0]
        whole = samples.shape[:2] == (found.height, found.width)
        if (whole or reduction) and samples.ndim in (2, 3):
            return samples
    raise CannotRenderError(RenderReason.DAMAGED, f"The {name} decoder cannot read the frame; it may be damaged.")


def _signed(decoded: Decoded) -> Decoded:
    """Give samples their sign back: decoders hand out the bits of signed pixels as unsigned numbers."""
    layout, samples = decoded.layout, decoded.samples
    if not layout.signed or samples.dtype.kind != "u":
        return decoded
    width = samples.dtype.itemsize * 8
    shift = width - min(layout.bits_stored, width)
    signed = (samples << shift).view(f"i{samples.dtype.itemsize}") >> shift
    return replace(decoded, samples=signed)


def _same(found: Codestream) -> str | None:
    return "RGB" if found.components == 3 else None


def _with_whole_spectrum(frame: bytes, found: Codestream) -> bytes:
    """Mend the end of spectral selection that real 12-bit writers leave at 0; sequential DCT has it at 63 (B.2.3)."""
    if found.process not in (0xC0, 0xC1) or found.scan is None:
        return frame
    scan = found.scan - found.start
    if scan + 5 > len(frame):
        return frame
    at = scan + 6 + 2 * frame[scan + 4]
    if at >= len(frame) or frame[at] != 0:
        return frame
    return frame[:at] + b"\x3f" + frame[at + 1 :]


def _by_pydicom(frame: bytes, layout: Layout, found: Codestream, syntax: UID, plugin: str) -> Samples:
    """The slower decoders behind pydicom's plug-ins, for what the first could not read."""
    options: dict[str, Any] = {
        "rows": found.height,
        "columns": found.width,
        "number_of_frames": 1,
        "samples_per_pixel": found.components,
        "bits_allocated": max(8, 1 << (found.precision - 1).bit_length()),
        "bits_stored": found.precision,
        "photometric_interpretation": "RGB" if found.components == 3 else "MONOCHROME2",
        "pixel_representation": int(layout.signed),
        "planar_configuration": 0,
        "pixel_keyword": "PixelData",
    }
    decoder = get_decoder(syntax)
    samples, _ = decoder.as_array(encapsulate([frame]), raw=True, validate=False, decoding_plugin=plugin, **options)
    return np.asarray(samples)
