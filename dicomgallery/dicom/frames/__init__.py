"""What a multi-frame object says of each frame (PS3.3 C.7.6.5, C.7.6.16, C.7.6.17)."""

from dicomgallery.dicom.frames.concatenations import Concatenation, concatenation_of
from dicomgallery.dicom.frames.lines import line_of, lines_of
from dicomgallery.dicom.frames.reading import declared_frames, frames_of
from dicomgallery.dicom.frames.tables import Column, FrameTable
from dicomgallery.dicom.frames.wheres import Where, wheres_of

__all__ = [
    "Column",
    "Concatenation",
    "FrameTable",
    "Where",
    "concatenation_of",
    "declared_frames",
    "frames_of",
    "line_of",
    "lines_of",
    "wheres_of",
]
