"""Pictures made ready to leave: brought to a size, turned, with marks and words over them."""

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.finish import Finish
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.pictures import BUSY, NoPicture, Picture


def finished(found: Picture | NoPicture, wanted: Finish, *, urgency: Urgency = Urgency.PERSON) -> Picture | NoPicture:
    """A picture as it leaves; where there is none, why not. UnavailableError when it was cleared away just now."""
    if isinstance(found, NoPicture) or wanted.is_nothing:
        return found
    try:
        made = sandbox().finish(found.read(), wanted, urgency=urgency)
    except CannotRenderError as refusal:
        return NoPicture("No picture", refusal.detail, "image", refusal.reason.value)
    except UnavailableError as error:
        return NoPicture("Not just now", error.message, "image", BUSY)
    return Picture(made.media_type, etag(found.etag, wanted), len(made.data), data=made.data, remarks=found.notes)


def etag(of_picture: str, wanted: Finish) -> str:
    """What tells the picture that leaves from every other one."""
    return of_picture if wanted.is_nothing else f"{of_picture}-{wanted.token()}"
