"""A line of writing in a picture; apart from what finds it, so that passing it on loads no codec."""

from dataclasses import dataclass

from dicomgallery.dicom.boxes import Box


@dataclass(frozen=True, slots=True)
class Line:
    """Where writing is, and how sure that is, from 0 to 1; what it says is not told."""

    box: Box
    confidence: float
