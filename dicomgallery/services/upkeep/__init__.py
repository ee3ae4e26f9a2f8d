"""Keeping the gallery sound: what is wrong is found, what can be is mended, what nobody needs is swept."""

from dicomgallery.services.upkeep.exports import ClearedExports, clear_exports
from dicomgallery.services.upkeep.findings import Findings, Kind
from dicomgallery.services.upkeep.metadata import clear_metadata
from dicomgallery.services.upkeep.pictures import clear_pictures, rebuild_pictures
from dicomgallery.services.upkeep.repairing import Mended, repair
from dicomgallery.services.upkeep.statistics import Statistics, statistics
from dicomgallery.services.upkeep.sweeping import Swept, sweep
from dicomgallery.services.upkeep.verifying import verify
from dicomgallery.services.upkeep.volumes import clear_volumes

__all__ = [
    "ClearedExports",
    "Findings",
    "Kind",
    "Mended",
    "Statistics",
    "Swept",
    "clear_exports",
    "clear_metadata",
    "clear_pictures",
    "clear_volumes",
    "rebuild_pictures",
    "repair",
    "statistics",
    "sweep",
    "verify",
]
