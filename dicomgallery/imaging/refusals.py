"""Why an object has no picture: one reason for a program, one sentence for a person."""

from enum import StrEnum

from dicomgallery.errors import RefusedError


class RenderReason(StrEnum):
    """What stood in the way of a picture."""

    NOT_AN_IMAGE = "not_an_image"
    """The object carries no pixel data, and is not meant to."""
    UNREADABLE = "unreadable"
    """The file cannot be read as DICOM, or lacks what a picture needs."""
    TRUNCATED = "truncated"
    """The pixel data end before the frame does."""
    UNSUPPORTED = "unsupported"
    """Nothing here decodes this encoding or combination of attributes."""
    MISMATCH = "mismatch"
    """The compressed picture contradicts the header about what it is."""
    TOO_LARGE = "too_large"
    """It would take more memory than a picture may."""
    NO_ROOM = "no_room"
    """The disk has no room for what is made of it; said by the sandbox."""
    NO_SUCH_FRAME = "no_such_frame"
    """A frame was asked for that the object does not have."""
    NO_SUCH_WINDOW = "no_such_window"
    """A window of the file was asked for by a number it does not have."""
    NO_SUCH_STATE = "no_such_state"
    """A presentation state was asked for that is none, or does not refer to the object."""
    DAMAGED = "damaged"
    """The decoder could not make sense of the compressed picture."""
    TOO_SLOW = "too_slow"
    """It took longer than a picture may; said by the sandbox."""
    CRASHED = "crashed"
    """The decoder ended its process; said by the sandbox."""
    OUT_OF_MEMORY = "out_of_memory"
    """It needed more memory than a child has; said by the sandbox or the decoder."""


class CannotRenderError(RefusedError):
    """There is no picture of this object, for `reason`; `detail` is a sentence naming no one."""

    def __init__(self, reason: RenderReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["CannotRenderError"], tuple[RenderReason, str]]:
        """Cross a process boundary whole: an exception is rebuilt from its arguments."""
        return CannotRenderError, (self.reason, self.detail)
