"""Samples into compressed frames that lose nothing (PS3.5 8.2, Annex G)."""

from typing import Final

import imagecodecs
import numpy as np
from rle.rle import encode_frame

from dicomgallery.dicom.transfer import short_name
from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

RLE: Final = "1.2.840.10008.1.2.5"
JPEG_LS: Final = "1.2.840.10008.1.2.4.80"
JPEG_2000: Final = "1.2.840.10008.1.2.4.90"
HTJ2K: Final = "1.2.840.10008.1.2.4.201"


def check(layout: Layout, syntax: str) -> None:
    """Refuse what these encoders do not take; CannotRenderError."""
    widths = (8, 16, 32) if syntax == RLE else (8, 16)
    if layout.numbers is not Numbers.INTEGER or layout.bits_allocated not in widths:
        kind = "real numbers" if layout.numbers is not Numbers.INTEGER else f"{layout.bits_allocated} bits"
        raise CannotRenderError(
            RenderReason.UNSUPPORTED, f"Its samples are {kind}, which is not written as {short_name(syntax)} here."
        )


def photometric_of(layout: Layout, syntax: str) -> str:
    """What Photometric Interpretation becomes: the component transform of JPEG 2000 is part of it (PS3.5 8.2.4)."""
    return "YBR_RCT" if syntax in {JPEG_2000, HTJ2K} and layout.photometric == "RGB" else layout.photometric


def encode(samples: Samples, layout: Layout, syntax: str) -> bytes:
    """One frame, compressed; samples are as wide as the layout says they are allocated."""
    samples = np.ascontiguousarray(samples)
    if syntax == RLE:
        # PS3.5 G.2: a segment for each byte of each sample, the most significant first.
        rows, columns, planes = (*samples.shape, 1)[:3]
        return bytes(encode_frame(samples.tobytes(), rows, columns, planes, samples.dtype.itemsize * 8, "<"))
    if syntax == JPEG_LS:
        # The codestream knows no sign: the bits go as they are.
        return bytes(imagecodecs.jpegls_encode(samples.view(f"u{samples.dtype.itemsize}")))
    is_rgb = layout.photometric == "RGB"
    if syntax == JPEG_2000:
        # One thread: OpenJPEG ends the process when several encode at once.
        return bytes(
            imagecodecs.jpeg2k_encode(
                samples,
                codecformat="j2k",
                colorspace=None if layout.samples == 1 else "SRGB" if is_rgb else "SYCC",
                bitspersample=_precision(samples, layout),
                reversible=True,
                mct=is_rgb,
                numthreads=1,
            )
        )
    if syntax == HTJ2K:
        return bytes(imagecodecs.htj2k_encode(samples, rgb=is_rgb, reversible=True))
    raise CannotRenderError(RenderReason.UNSUPPORTED, f"Nothing here writes {short_name(syntax)}.")


def _precision(samples: Samples, layout: Layout) -> int:
    """The bits that are stored; all there are where an overlay, or what else lies above them, must not be lost."""
    if layout.high_bit == layout.bits_stored - 1 and samples.size:
        span = 1 << layout.bits_stored
        least, most = (-span // 2, span // 2 - 1) if samples.dtype.kind == "i" else (0, span - 1)
        if least <= int(samples.min()) and int(samples.max()) <= most:
            return layout.bits_stored
    return samples.dtype.itemsize * 8
