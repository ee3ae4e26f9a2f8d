"""The window of what is drawn from a volume: as its picture is asked for, as the page keeps it, and as links."""

from collections.abc import Callable, Sequence

from dicomgallery.dicom.values import with_minus
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.volume import Volume
from dicomgallery.web.look import Look


def of_picture(look: Look) -> dict[str, str]:
    """The window as the address of a picture says it."""
    if look.window is not None:
        return {"window": f"{look.window.width:.7g}", "level": f"{look.window.center:.7g}"}
    if look.auto:
        return {"window": "auto"}
    return {"voi": str(look.voi)} if look.voi else {}


def of_page(look: Look) -> dict[str, str]:
    """The window as the address of a page says it."""
    if look.window is not None:
        return {"center": f"{look.window.center:.7g}", "width": f"{look.window.width:.7g}"}
    return {"window": "auto" if look.auto else str(look.voi)} if look.auto or look.voi else {}


def links(look: Look, volume: Volume, at: Callable[[Look], str]) -> Sequence[dict[str, object]]:
    """The windows to choose from; `at` is the address of the page through another one."""
    own = volume.windows
    ways = look.windows([one.name for one in own], volume.modality)
    sizes = [size(one.window) for one in own] + [""] * len(ways)
    return [
        {
            "label": way.label,
            "key": way.key,
            "href": at(way.look),
            "current": way.look == look or (way.look.window is not None and way.look.window == look.window),
            "size": size(way.look.window) or own_size,
        }
        for way, own_size in zip(ways, sizes, strict=False)
    ]


def size(window: Window | None) -> str:
    """Width and center of a window."""
    return f"{window.width:g} / {with_minus(f'{window.center:g}')}" if window else ""
