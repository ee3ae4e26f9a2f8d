"""Presentation states made on the spot."""

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence
from pydicom.uid import generate_uid

from dicomgallery.dicom import synthetic

GRAYSCALE = "1.2.840.10008.5.1.4.1.1.11.1"


def item(**values: Any) -> Dataset:
    """An item of a sequence."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def sequence(*items: Dataset) -> ItemSequence:
    """A sequence of items."""
    return ItemSequence(items)


def about(*images: Dataset, frames: Sequence[int] = ()) -> ItemSequence:
    """A Referenced Image Sequence."""
    found = [item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID) for one in images]
    for one in found:
        if frames:
            one.ReferencedFrameNumber = list(frames)
    return sequence(*found)


def state(*images: Dataset, frames: Sequence[int] = (), **values: Any) -> Dataset:
    """A presentation state of some images of one study; what it asks for are its values, None takes one away."""
    made = synthetic.basic_report()
    for keyword in ("ContentSequence", "ConceptNameCodeSequence", "CompletionFlag", "VerificationFlag"):
        if keyword in made:
            del made[keyword]
    first = images[0]
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = GRAYSCALE, generate_uid(), "PR"
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID"):
        if keyword in first:
            setattr(made, keyword, first[keyword].value)
    made.SeriesInstanceUID, made.SeriesDescription = generate_uid(), "States"
    made.ContentLabel, made.ContentDescription, made.ContentCreatorName = "MARKS", "Where to look", "Reader^Rita"
    made.PresentationCreationDate, made.PresentationCreationTime = "20260102", "101112"
    series = item(
        SeriesInstanceUID=first.get("SeriesInstanceUID", "1.2.3"), ReferencedImageSequence=about(*images, frames=frames)
    )
    made.ReferencedSeriesSequence = sequence(series)
    rows, columns = first.Rows, first.Columns
    made.DisplayedAreaSelectionSequence = sequence(area(1, 1, columns, rows))
    made.PresentationLUTShape = "IDENTITY"
    for keyword, value in values.items():
        if value is None:
            del made[keyword]
        else:
            setattr(made, keyword, value)
    return made


def area(left: int, top: int, right: int, bottom: int, **values: Any) -> Dataset:
    """A Displayed Area Selection of square pixels."""
    return item(
        DisplayedAreaTopLeftHandCorner=[left, top],
        DisplayedAreaBottomRightHandCorner=[right, bottom],
        PresentationSizeMode="SCALE TO FIT",
        PresentationPixelAspectRatio=[1, 1],
        **values,
    )


def window(center: float, width: float, **values: Any) -> ItemSequence:
    """A Softcopy VOI LUT Sequence of one window."""
    return sequence(item(WindowCenter=str(center), WindowWidth=str(width), **values))


def graphic(form: str, points: Sequence[float], *, units: str = "PIXEL", filled: str = "N") -> Dataset:
    """A Graphic Object."""
    return item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points) // 2,
        GraphicData=list(points),
        GraphicType=form,
        GraphicFilled=filled,
    )


def text(words: str, box: Sequence[float], *, units: str = "PIXEL", anchor: Sequence[float] = ()) -> Dataset:
    """A Text Object in a box: left, top, right, bottom."""
    made = item(
        BoundingBoxAnnotationUnits=units,
        UnformattedTextValue=words,
        BoundingBoxTopLeftHandCorner=list(box[:2]),
        BoundingBoxBottomRightHandCorner=list(box[2:]),
        BoundingBoxTextHorizontalJustification="LEFT",
    )
    if anchor:
        made.AnchorPointAnnotationUnits, made.AnchorPoint, made.AnchorPointVisibility = "PIXEL", list(anchor), "Y"
    return made


def annotation(*objects: Dataset, layer: str = "LAYER1", **values: Any) -> Dataset:
    """A Graphic Annotation of texts and graphics."""
    texts = [one for one in objects if "UnformattedTextValue" in one]
    graphics = [one for one in objects if "GraphicType" in one]
    made = item(GraphicLayer=layer, **values)
    if texts:
        made.TextObjectSequence = sequence(*texts)
    if graphics:
        made.GraphicObjectSequence = sequence(*graphics)
    return made


def layer(name: str = "LAYER1", order: int = 1, **values: Any) -> Dataset:
    """A Graphic Layer."""
    return item(GraphicLayer=name, GraphicLayerOrder=order, **values)
