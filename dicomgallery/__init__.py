"""A self-hosted gallery for DICOM."""

__version__ = "0.1.0"
