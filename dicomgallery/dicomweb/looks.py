"""How a picture is to look, as DICOMweb's parameters say it (PS3.18 8.3.5, 9.1.2)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotAcceptable

from dicomgallery.access import Actor
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.errors import NotFoundError, UnavailableError
from dicomgallery.imaging.facing import UPRIGHT, Facing
from dicomgallery.imaging.finish import Finish
from dicomgallery.imaging.refusals import RenderReason
from dicomgallery.imaging.spec import DEFAULT_QUALITY, MAX_WIDTH, MIN_WIDTH, Fit, Format, RenderSpec, Window
from dicomgallery.services import finishing, pictures
from dicomgallery.services.pictures import NoPicture, Picture

_THUMBNAIL_WIDTH: Final = 256
_NOT_DRAWN: Final = "Annotations are not drawn into pictures here."


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture is to be: which part of the frame, how large, through which window."""

    format: Format = Format.JPEG
    quality: int = DEFAULT_QUALITY
    window: Window | None = None
    width: int | None = None
    """The longest side, never enlarged; None is the size of the frame."""
    box: tuple[int, int] | None = None
    """What it is scaled to fit into."""
    region: tuple[float, float, float, float] | None = None
    """In pixels of the frame: left, top, width and height."""
    shares: tuple[float, float, float, float] | None = None
    """As shares of the frame: left, top, right and bottom."""
    facing: Facing = UPRIGHT
    state: int | None = None
    remarks: tuple[str, ...] = ()
    """What was asked for and is left undone, in sentences."""

    def spec(self, frame: int | None) -> RenderSpec:
        """What the renderer is asked for."""
        is_finished = self._is_finished
        return RenderSpec(
            frame=frame,
            width=None if is_finished else self.width,
            fit=Fit.CONTAIN,
            window=self.window,
            state=self.state,
            format=Format.PNG if is_finished else self.format,
            quality=self.quality if self.format is Format.JPEG and not is_finished else DEFAULT_QUALITY,
        )

    @property
    def _is_finished(self) -> bool:
        return bool(self.box or self.region or self.shares or self.facing != UPRIGHT)

    def finish(self, one: StoredObject) -> Finish:
        """What becomes of the picture then; nothing where the renderer does it all."""
        if not self._is_finished:
            return Finish()
        return Finish(
            facing=self.facing, format=self.format, region=self._part(one), box=self.box, quality=self.quality
        )

    def _part(self, one: StoredObject) -> tuple[float, float, float, float] | None:
        if self.region is None:
            return self.shares
        left, top, width, height = self.region
        columns, rows = max(one.columns, 1), max(one.rows, 1)
        width, height = width or columns - left, height or rows - top
        if left >= columns or top >= rows or width <= 0 or height <= 0:
            raise BadRequest("The region of the viewport lies outside the image.")
        return left / columns, top / rows, min((left + width) / columns, 1.0), min((top + height) / rows, 1.0)


def of_query(sent: MultiDict[str, str], form: Format) -> Look:
    """The look that the parameters of a rendered resource ask for (PS3.18 8.3.5.1); BadRequest in words."""
    remarks = (_NOT_DRAWN,) if sent.get("annotation") else ()
    box, region, facing = _viewport(sent.get("viewport", ""))
    quality = _whole(sent.get("quality", str(DEFAULT_QUALITY)), "quality", 1, 100)
    return Look(form, quality, _window(sent.get("window", "")), None, box, region, None, facing, None, remarks)


def of_thumbnail(sent: MultiDict[str, str], form: Format) -> Look:
    """The look of a thumbnail: as wide as its viewport asks, never larger than the frame (PS3.18 8.3.5.1.4)."""
    asked = sent.get("viewport", "")
    box, region, _ = _viewport(asked)
    if region is not None:
        raise BadRequest("The viewport of a thumbnail has a width and a height alone.")
    return Look(form, width=max(min(*box, MAX_WIDTH), MIN_WIDTH) if box else _THUMBNAIL_WIDTH)


def picture(one: StoredObject, frame: int | None, look: Look, *, actor: Actor) -> Picture:
    """The picture of a frame; NotFoundError, UnavailableError, or NotAcceptable where there can be none."""
    try:
        spec = look.spec(frame)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    found = finishing.finished(pictures.of(one.id, spec, actor=actor), look.finish(one))
    if not isinstance(found, NoPicture):
        return found
    if found.passing:
        raise UnavailableError(found.sentence)
    if found.reason in {RenderReason.NO_SUCH_FRAME, RenderReason.NO_SUCH_STATE}:
        raise NotFoundError(found.sentence)
    raise NotAcceptable(f"There is no picture of it. {found.sentence}")


def windowed(center: str, width: str) -> Window:
    """A window from two texts; BadRequest in words."""
    try:
        return Window(float(center), float(width))
    except ValueError:
        raise BadRequest("A window is a center and a width above 0, both numbers.") from None


def _window(text: str) -> Window | None:
    """The window parameter: center, width and function (PS3.18 8.3.5.1.2)."""
    if not text:
        return None
    center, width, function = (*text.split(",", 2), "", "")[:3]
    window = windowed(center, width)
    match function.strip().lower().replace("_", "-"):
        case "" | "linear":
            return window
        case "linear-exact":
            # PS3.3 C.11.2.1.2.1: a linear window one wider, half a unit higher, has the very same ends.
            return windowed(str(window.center + 0.5), str(window.width + 1))
    raise BadRequest("The function of a window is linear or linear-exact here.")


_Viewport = tuple[tuple[int, int] | None, tuple[float, float, float, float] | None, Facing]


def _viewport(text: str) -> _Viewport:
    """The viewport parameter: width and height, then perhaps the region shown in it (PS3.18 8.3.5.1.3)."""
    if not text:
        return None, None, UPRIGHT
    parts = text.split(",")
    if len(parts) not in {2, 6}:
        raise BadRequest("A viewport is vw,vh or vw,vh,sx,sy,sw,sh.")
    box = (_whole(parts[0], "viewport", 1, MAX_WIDTH), _whole(parts[1], "viewport", 1, MAX_WIDTH))
    if len(parts) == 2:
        return box, None, UPRIGHT
    # An empty one has its default: the whole image from its corner.
    left, top, width, height = (_real(part) if part.strip() else 0.0 for part in parts[2:])
    if left < 0 or top < 0:
        raise BadRequest("The region of a viewport begins inside the image.")
    # A negative width or height exchanges the sides.
    return box, (left, top, abs(width), abs(height)), Facing(across=width < 0, down=height < 0)


def _whole(text: str, name: str, least: int, most: int) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and least <= int(text) <= most):
        raise BadRequest(f"{name} takes whole numbers from {least} to {most}.")
    return int(text)


def _real(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e6:
        raise BadRequest("The region of a viewport is told in numbers.")
    return number


def of_uri(sent: MultiDict[str, str], form: Format, *, state: int | None = None) -> Look:
    """The look that a WADO-URI request asks for (PS3.18 9.1.2.2); BadRequest in words."""
    remarks = (_NOT_DRAWN,) if sent.get("annotation") else ()
    quality = _whole(sent.get("imageQuality", str(DEFAULT_QUALITY)), "imageQuality", 1, 100)
    sizes = [_whole(sent[name], name, 1, MAX_WIDTH) if sent.get(name) else None for name in ("columns", "rows")]
    box = (sizes[0] or MAX_WIDTH, sizes[1] or MAX_WIDTH) if any(sizes) else None
    window = None
    if sent.get("windowCenter") or sent.get("windowWidth"):
        window = windowed(sent.get("windowCenter", ""), sent.get("windowWidth", ""))
    return Look(form, quality, window, box=box, shares=_shares(sent.get("region", "")), state=state, remarks=remarks)


def _shares(text: str) -> tuple[float, float, float, float] | None:
    """The region parameter: the corners of a part as shares of the image (PS3.18 9.1.2.2.6)."""
    if not text:
        return None
    parts: Sequence[str] = text.split(",")
    if len(parts) == 4:
        left, top, right, bottom = map(_real, parts)
        if 0 <= left < right <= 1 and 0 <= top < bottom <= 1:
            return left, top, right, bottom
    raise BadRequest("A region is four numbers from 0 to 1: left, top, right and bottom.")
