"""A volume as numbers: made once, and kept beside it for as long as it is kept."""

from dataclasses import dataclass
from pathlib import Path

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.rendered import RENDERER_VERSION
from dicomgallery.imaging.volumes.small import numbers_path
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.pictures import BUSY, NoPicture
from dicomgallery.services.volumes import Ready


@dataclass(frozen=True, slots=True)
class Numbers:
    """The file that holds them."""

    path: Path
    etag: str


def of(ready: Ready, longest: int) -> Numbers | NoPicture:
    """The numbers of a volume, reduced to so many along an axis."""
    path = numbers_path(ready.folder, longest)
    try:
        if not path.is_file():
            sandbox().volume_numbers(ready.folder, longest)
    except CannotRenderError as refusal:
        return NoPicture("No numbers", refusal.detail, "image", refusal.reason.value)
    except UnavailableError as error:
        return NoPicture("Not just now", error.message, "image", BUSY)
    return Numbers(path, f"{RENDERER_VERSION}-{ready.key}-values-{longest}")
