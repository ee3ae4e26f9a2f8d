"""A whole volume looked at from any side, and the pictures of a turn about it."""

from dataclasses import replace

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.rendered import RENDERER_VERSION
from dicomgallery.imaging.volumes.turn import Turn
from dicomgallery.sandbox.client import Urgency
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.pictures import BUSY, NoPicture, Picture
from dicomgallery.services.volumes import Ready


def picture(ready: Ready, turn: Turn, *, urgency: Urgency = Urgency.PERSON) -> Picture | NoPicture:
    """The picture of a volume from one side."""
    try:
        drawn = sandbox().turned(ready.folder, turn, urgency=urgency)
    except CannotRenderError as refusal:
        return NoPicture("No picture", refusal.detail, "image", refusal.reason.value)
    except UnavailableError as error:
        return NoPicture("Not just now", error.message, "image", BUSY)
    return Picture(drawn.media_type, etag(ready, turn), len(drawn.data), data=drawn.data, remarks=drawn.notes)


def turned_on(turn: Turn, number: int, count: int) -> Turn:
    """One of so many pictures of a full turn, from 1: all are of one size, and the first is `turn` itself."""
    return replace(turn, angle=turn.angle + (number - 1) * 360 / count)


def etag(ready: Ready, turn: Turn) -> str:
    """What tells the picture from every other one."""
    return f"{RENDERER_VERSION}-{ready.key}-turn-{turn.token()}"
