"""A whole volume looked at from any side, and the pictures of a turn about it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.rendered import RENDERER_VERSION, Rendered
from dicomgallery.imaging.volumes.turn import Turn
from dicomgallery.sandbox.client import Urgency
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.pictures import BUSY, NoPicture, Picture
from dicomgallery.services.volumes import Ready

PICTURES: Final = 72
"""Of a turn: one every five degrees."""
MOST_PICTURES: Final = 720


def picture(ready: Ready, turn: Turn) -> Picture | NoPicture:
    """The picture of a volume from one side."""
    try:
        drawn = sandbox().turned(ready.folder, turn)
    except CannotRenderError as refusal:
        return NoPicture("No picture", refusal.detail, "image", refusal.reason.value)
    except UnavailableError as error:
        return NoPicture("Not just now", error.message, "image", BUSY)
    return Picture(drawn.media_type, etag(ready, turn), len(drawn.data), data=drawn.data, remarks=drawn.notes)


def rotation(ready: Ready, turn: Turn, pictures: int = PICTURES) -> Iterator[Rendered]:
    """The pictures of one full turn as PNG, from the angle of `turn` on, all of one size, made one after the other.

    Nobody waits for one of them alone, so people's pictures go first. CannotRenderError, UnavailableError.
    """
    many = min(max(1, pictures), MOST_PICTURES)
    for number in range(many):
        here = replace(turn, angle=turn.angle + number * 360 / many)
        yield sandbox().turned(ready.folder, here, urgency=Urgency.BACKGROUND)


def etag(ready: Ready, turn: Turn) -> str:
    """What tells the picture from every other one."""
    return f"{RENDERER_VERSION}-{ready.key}-turn-{turn.token()}"
