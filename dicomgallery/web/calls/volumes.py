"""The calls of a series as a volume: its planes, and from any side."""

from urllib.parse import parse_qsl, urlsplit

from dicomgallery.web.calls.writing import Call, Calls, below, called, curl, dicomweb, python, rest
from dicomgallery.web.viewer.planes import Planes
from dicomgallery.web.viewer.room import Room
from dicomgallery.web.viewer.turning import Turning


def of_planes(planes: Planes) -> Calls:
    """The planes on the page, each as its picture is asked for there."""
    return [rest(*(_plane(planes.room, pane.plane, pane.src) for pane in planes.panes)), *_others(planes.room)]


def of_turning(turning: Turning) -> Calls:
    """The volume from one side."""
    room = turning.room
    path, _, query = room.as_png(turning.here).partition("?")
    picture = curl(path, parse_qsl(query), more=["-o", f"series-{room.series.id}.png"])
    return [rest(picture), *_others(room)]


def _plane(room: Room, plane: str, src: str) -> str:
    asked = dict(parse_qsl(urlsplit(src).query))
    del asked["plane"]
    if asked.get("window") == "auto":
        asked["auto"] = "true"
        del asked["window"]
    to = ["-o", f"series-{room.series.id}-{plane}.png"]
    return curl(f"/api/v1/series/{room.series.id}/planes/{plane}", asked.items(), more=to)


def _others(room: Room) -> list[Call]:
    path = below(room.page.study.study_uid, room.series.series_uid)
    remark = "DICOMweb cannot ask for a volume; it has the slices that this one is made of."
    return [
        dicomweb(curl(f"{path}/instances"), remark=remark),
        python(f"stack = {called('to_numpy', series=room.series.id)}", "print(stack.values.shape, stack.spacing_mm)"),
    ]
