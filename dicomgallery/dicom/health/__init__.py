"""What a person should know before trusting or reformatting a stack: its gaps, repeats, lean and mixtures."""

from dicomgallery.dicom.health.findings import Finding, FindingKind, Gravity, Placed, mm
from dicomgallery.dicom.health.judging import Health, Lane, health_of
from dicomgallery.dicom.health.steps import Gap

__all__ = ["Finding", "FindingKind", "Gap", "Gravity", "Health", "Lane", "Placed", "health_of", "mm"]
