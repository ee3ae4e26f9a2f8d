"""What a presentation state does to an image, as sentences for a person."""

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.presentation import COLOR, Presentation, voi_of_image
from dicomgallery.dicom.values import clean, counted, six_digits, with_minus

_SHUTTERS = {
    "RECTANGULAR": "a rectangle",
    "CIRCULAR": "a circle",
    "POLYGONAL": "a polygon",
    "BITMAP": "a bitmap",
}


def deeds_of(dataset: Dataset, said: Presentation, sop_uid: str, frame: int) -> list[str]:
    """What it does to a frame, in the order it is done (PS3.4 N.2)."""
    found = [] if said.sop_class_uid == COLOR else [*_values(dataset), _voi(dataset, sop_uid, frame), *_lut(dataset)]
    if shutters := [_SHUTTERS[one] for one in said.shutters if one in _SHUTTERS]:
        found.append(f"Hides what lies outside {' and '.join(shutters)}")
    if count := len(said.overlays):
        found.append(f"Shows {counted(count, 'overlay plane')}")
    if area := said.area_of(sop_uid, frame):
        mode = {"TRUE SIZE": ", meant in true size", "MAGNIFY": ", meant enlarged"}.get(area.mode, "")
        columns, rows = f"columns {area.left} to {area.right}", f"rows {area.top} to {area.bottom}"
        found.append(f"Shows {with_minus(columns)} and {with_minus(rows)}{mode}")
    if said.rotation:
        found.append(f"Turns it by {said.rotation}° clockwise")
    if said.is_flipped:
        found.append("Exchanges left and right")
    drawn = list(said.annotations_on(sop_uid, frame))
    texts, lines = sum(len(one.texts) for one in drawn), sum(len(one.graphics) for one in drawn)
    if texts or lines:
        layers = len({one.layer for one in drawn})
        told = [counted(texts, "text")] if texts else []
        told += [counted(lines, "line or shape", "lines and shapes")] if lines else []
        found.append(f"Draws {' and '.join(told)} in {counted(layers, 'layer')}")
    return found


def _values(dataset: Dataset) -> list[str]:
    if elements.items(dataset, 0x00283000):
        return ["Looks stored values up in its modality LUT"]
    slope, intercept = elements.number(dataset, 0x00281053), elements.number(dataset, 0x00281052)
    if (slope is None or slope == 1) and not intercept:
        return []
    return [f"Rescales stored values: slope {six_digits(slope or 1)}, intercept {six_digits(intercept or 0)}"]


def _voi(dataset: Dataset, sop_uid: str, frame: int) -> str:
    item = voi_of_image(dataset, sop_uid, frame)
    if item is None:
        return "Spreads every value from black to white, since it names no window"
    for table in elements.items(item, 0x00283010)[:1]:
        name = clean(elements.text(table, 0x00283003))
        return f"Looks values up in a VOI LUT{f', {name}' if name else ''}"
    center, width = elements.number(item, 0x00281050), elements.number(item, 0x00281051)
    if center is None or width is None:
        return "Names a window without numbers"
    return f"Window {six_digits(width)} / {six_digits(center)}"


def _lut(dataset: Dataset) -> list[str]:
    if elements.items(dataset, 0x20500010):
        return ["Looks grays up in its presentation LUT"]
    is_inverse = elements.first(dataset, 0x20500020).upper() == "INVERSE"
    return ["Shows low values white"] if is_inverse else []
