"""Stacks to scrub through, as the scripts of a page read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

from dicomgallery.access import Actor
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.annotations import Target
from dicomgallery.dicom.frames import FrameTable, lines_of
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import Instance
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.look import Look
from dicomgallery.web.states import meant_by

MOST_FRAMES: Final = 50_000
"""Of one image; where there are more a script finds too few, and leaves stepping to the links."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pictures a script asks for: small ones, or whole ones looked at as the URL says."""

    look: Look | None = None
    meant: Mapping[str, Target] = field(default_factory=dict)
    """The images that the presentation state of the look refers to, by SOP Instance UID."""

    @classmethod
    def parse(cls, args: Mapping[str, str], actor: Actor) -> Self:
        """Read it from URL parameters: `size=full`, and those of an image's page."""
        if args.get("size") != "full":
            return cls()
        look = Look.parse(args, frames=0)
        return cls(look, meant_by(look.state, actor))

    def at(self, sop_uid: str, frame: int | None = None) -> Self:
        """The same of one image: a state that does not refer to it is left away."""
        if self.look is None or self.look.state is None:
            return self
        target = self.meant.get(sop_uid)
        is_meant = target is not None and target.holds_for(sop_uid, frame)
        return self if is_meant else replace(self, look=replace(self.look, state=None))

    def token(self, frame: int | None = None) -> str:
        """The name of a picture of this kind."""
        spec = THUMBNAIL if self.look is None else self.look.spec
        return replace(spec, frame=frame).token()

    def query(self, frame: int | None = None) -> str:
        """The parameters of the image's page."""
        return (self.look or Look()).query(frame=frame).rstrip("?")


class _Object(NamedTuple):
    """What the addresses of an image's pictures are made of."""

    id: int
    blob: str
    sop_uid: str
    frames: int


def of_series(slices: Sequence[Slice], wanted: Wanted) -> dict[str, object]:
    """The images of a series in space; small pictures of a lone multi-frame image are those of its frames."""
    if len(slices) == 1 and slices[0].frames > 1 and wanted.look is None:
        one = slices[0]
        return _frames(_Object(one.id, one.blob12, one.sop_uid, one.frames), wanted)
    written = {True: (wanted.token(), wanted.query())}
    usual = wanted.at("")
    written[False] = usual.token(), usual.query()
    frames = []
    for one in slices:
        token, query = written[wanted.at(one.sop_uid) is wanted]
        frames.append({"src": picture(one.id, one.blob12, token), "href": image_page(one.id) + query})
    return {"frames": frames}


def of_image(instance: Instance, wanted: Wanted, table: FrameTable | None = None) -> dict[str, object]:
    """The frames of one image, each with the line that tells it from the others."""
    lines = lines_of(table) if table and wanted.look is not None else ()
    one = _Object(instance.id, instance.blob_sha256, instance.sop_uid, instance.frames)
    return _frames(one, wanted, lines)


def _frames(one: _Object, wanted: Wanted, lines: Sequence[str] = ()) -> dict[str, object]:
    page = image_page(one.id)
    frames = []
    for number in range(1, min(max(one.frames, 1), MOST_FRAMES) + 1):
        here = wanted.at(one.sop_uid, number)
        frames.append({"src": picture(one.id, one.blob, here.token(number)), "href": page + here.query(number)})
    for frame, line in zip(frames, lines, strict=False):
        frame["says"] = line
    return {"frames": frames}
