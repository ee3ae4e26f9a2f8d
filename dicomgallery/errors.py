"""The failures this program can name, as one small tree.

    GalleryError
    ├── NotFoundError       what was asked for is not here, or not for this actor
    ├── ForbiddenError      the actor may not do this
    ├── RefusedError        what was sent cannot be accepted as it is
    │   └── TooLargeError   it is over a limit
    ├── ConflictError       it clashes with what is here
    ├── UnavailableError    it cannot be done now: storage full, a part not running
    └── SettingError        a setting is wrong; raised at start only

Messages are whole sentences for a person and name no patient.
"""

from typing import Self


class GalleryError(Exception):
    """A failure with a sentence a person can read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFoundError(GalleryError):
    """What was asked for is not here, or not for this actor."""


class ForbiddenError(GalleryError):
    """The actor may not do this."""


class RefusedError(GalleryError):
    """What was sent cannot be accepted as it is."""


class TooLargeError(RefusedError):
    """What was sent is over a limit."""

    @classmethod
    def over(cls, limit_bytes: int) -> Self:
        """The refusal of what has more bytes than it may."""
        return cls(f"It is larger than the limit of {limit_bytes:,} bytes.".replace(",", "\u202f"))


class ConflictError(GalleryError):
    """The deed clashes with what is here."""


class UnavailableError(GalleryError):
    """The deed cannot be done now."""


class SettingError(GalleryError):
    """A setting is wrong."""
