"""Stacks to scrub through, as the scripts of a page read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.frames import FrameTable, lines_of
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import Instance
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.look import Look


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pictures a script asks for: small ones, or whole ones looked at as the URL says."""

    look: Look | None = None

    @classmethod
    def parse(cls, args: Mapping[str, str]) -> Self:
        """Read it from URL parameters: `size=full`, and those of an image's page."""
        return cls(Look.parse(args, frames=0)) if args.get("size") == "full" else cls()

    def token(self, frame: int | None = None) -> str:
        """The name of a picture of this kind."""
        spec = THUMBNAIL if self.look is None else self.look.spec
        return replace(spec, frame=frame).token()

    def query(self, frame: int | None = None) -> str:
        """The parameters of the image's page."""
        return (self.look or Look()).query(frame=frame).rstrip("?")


def of_series(slices: Sequence[Slice], wanted: Wanted) -> dict[str, object]:
    """The images of a series in space; small pictures of a lone multi-frame image are those of its frames."""
    if len(slices) == 1 and slices[0].frames > 1 and wanted.look is None:
        return _frames(slices[0].id, slices[0].blob12, slices[0].frames, wanted)
    token, query = wanted.token(), wanted.query()
    frames = [{"src": picture(one.id, one.blob12, token), "href": image_page(one.id) + query} for one in slices]
    return {"frames": frames}


def of_image(instance: Instance, wanted: Wanted, table: FrameTable | None = None) -> dict[str, object]:
    """The frames of one image, each with the line that tells it from the others."""
    lines = lines_of(table) if table and wanted.look is not None else ()
    return _frames(instance.id, instance.blob_sha256, instance.frames, wanted, lines)


def _frames(
    instance_id: int, blob_sha256: str, count: int, wanted: Wanted, lines: Sequence[str] = ()
) -> dict[str, object]:
    page = image_page(instance_id)
    frames = [
        {"src": picture(instance_id, blob_sha256, wanted.token(number)), "href": page + wanted.query(number)}
        for number in range(1, max(count, 1) + 1)
    ]
    for frame, line in zip(frames, lines, strict=False):
        frame["says"] = line
    return {"frames": frames}
