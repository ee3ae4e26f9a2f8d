"""The calls of an image: what its tab says, and the picture as it is looked at."""

from typing import Any

from dicomgallery.imaging.spec import Format
from dicomgallery.web.calls.writing import Call, Calls, below, called, curl, dicomweb, python, rest
from dicomgallery.web.image_page import ImagePage
from dicomgallery.web.look import Look
from dicomgallery.web.viewer.slices import SlicePage

_AS_TEXT = {"Accept": "text/plain"}


def of_image(page: ImagePage) -> Calls:
    """An image on its own page."""
    return [_by_rest(page), _by_dicomweb(page), python(*_words(page), *_picture(page))]


def of_slice(page: SlicePage) -> Calls:
    """A slice in the viewer."""
    values = []
    if _is_pictured(page):
        one = {"frame": page.frame} if page.instance.frames > 1 else {}
        values = [f"values = {called('to_numpy', instance=page.instance.id, **one)}.values"]
    return [_by_rest(page), _by_dicomweb(page), python(*_words(page), *_picture(page), *values)]


def _is_pictured(page: ImagePage) -> bool:
    return page.story is None and page.no_picture is None


def _by_rest(page: ImagePage) -> Call:
    path = f"/api/v1/instances/{page.instance.id}"
    lines = [curl(path) if page.look.tab == "history" else _tags(page, path)]
    if _is_pictured(page):
        look = [(name, _written(value)) for name, value in _asked(page.look).items()]
        to = ["-o", f"image-{page.instance.id}.{page.look.format.value}"]
        lines.append(curl(f"{path}/picture", look, more=to))
    return rest(*lines)


def _tags(page: ImagePage, path: str) -> str:
    return curl(f"{path}/tags", headers=_AS_TEXT if page.look.tab == "text" else None)


def _by_dicomweb(page: ImagePage) -> Call:
    one = page.instance
    if one.binned_at is not None or not one.is_current:
        return dicomweb(remark="DICOMweb has only what is in the gallery now, and not what was binned or replaced.")
    path = below(page.study.study_uid, page.series.series_uid, one.sop_uid)
    lines = [curl(f"{path}/metadata")]
    look, window = page.look, []
    if not _is_pictured(page):
        return dicomweb(*lines)
    if look.auto or look.voi or look.state or look.plain or look.invert:
        return dicomweb(*lines, remark="DICOMweb cannot ask for a picture that is looked at in this way.")
    if look.window is not None:
        window = [("window", f"{_short(look.window.center)},{_short(look.window.width)},linear")]
    frame = f"/frames/{look.frame}" if look.frame is not None else ""
    to = ["-o", f"image-{one.id}.{look.format.value}"]
    kind = {"Accept": look.format.media_type}
    return dicomweb(*lines, curl(f"{path}{frame}/rendered", window, headers=kind, more=to))


def _words(page: ImagePage) -> list[str]:
    if page.look.tab == "history":
        return [f"print({called('row', 'instances', page.instance.id)})"]
    return [f"print({called('dataset' if page.look.tab == 'text' else 'tags', page.instance.id)})"]


def _picture(page: ImagePage) -> list[str]:
    return [f"picture = {called('image', page.instance.id, **_asked(page.look))}"] if _is_pictured(page) else []


def _asked(look: Look) -> dict[str, Any]:
    """What decides the picture, as the API calls it; what is usual is left out."""
    asked: dict[str, Any] = {} if look.frame is None else {"frame": look.frame}
    if look.window is not None:
        asked |= {"window": _number(look.window.width), "level": _number(look.window.center)}
    for name, value in (("auto", look.auto), ("voi", look.voi), ("state", look.state), ("invert", look.invert)):
        if value:
            asked[name] = value
    if look.plain:
        asked["overlays"] = False
    return asked if look.format is Format.PNG else {**asked, "format": look.format.value}


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value


def _short(value: float) -> str:
    return str(_number(value))
