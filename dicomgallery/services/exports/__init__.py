"""Files made of a series for somebody to take away: pictures, movies, volumes; each made by a job, kept for a day."""

from dicomgallery.services.exports.asked import MOST, MOVIES, PICTURES, SHEETS, TURNING, VALUES, Asked, Kind, Of
from dicomgallery.services.exports.deeds import ask, cancel, file, of, remove, why_not

__all__ = [
    "MOST",
    "MOVIES",
    "PICTURES",
    "SHEETS",
    "TURNING",
    "VALUES",
    "Asked",
    "Kind",
    "Of",
    "ask",
    "cancel",
    "file",
    "of",
    "remove",
    "why_not",
]
