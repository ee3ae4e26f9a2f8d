"""Which attributes of a frame are told, where each stands, and in what unit."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """How a value is read."""

    NUMBER = "number"
    NUMBERS = "numbers"
    TEXT = "text"
    WORDS = "words"
    """Code strings, several of them to be read as one."""


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a functional group."""

    key: str
    label: str
    tag: int
    kind: Kind = Kind.NUMBER
    unit: str = ""


_FRAME_TYPES: Final = (
    0x00189226,  # MR
    0x00189329,  # CT
    0x00189751,  # PET
    0x00189412,  # XA/XRF
    0x00189806,  # US
    0x00189504,  # X-Ray 3D
    0x00409092,  # Parametric map
)

GROUPS: Final[dict[tuple[int, ...], tuple[Field, ...]]] = {
    # PS3.3 C.7.6.16.2.2: Frame Content
    (0x00209111,): (
        Field("stack", "Stack", 0x00209056, Kind.TEXT),
        Field("in-stack", "Position in the stack", 0x00209057),
        Field("time-point", "Time point", 0x00209128),
        Field("label", "Label", 0x00209453, Kind.TEXT),
        Field("comments", "Comments", 0x00209158, Kind.TEXT),
        Field("acquired", "Acquired", 0x00189074, Kind.TEXT),
        Field("reference", "Reference time", 0x00189151, Kind.TEXT),
        Field("duration", "Duration", 0x00189220, unit="ms"),
        Field("acquisition", "Acquisition", 0x00209156),
        Field("cardiac-position", "Cardiac cycle", 0x00189236, Kind.WORDS),
        Field("respiratory-position", "Respiratory cycle", 0x00189214, Kind.WORDS),
        Field("index", "Dimension index", 0x00209157, Kind.NUMBERS),
    ),
    (0x00209310,): (Field("time-offset", "Time", 0x0020930D, unit="s"),),
    (0x00209113,): (Field("position", "Image position", 0x00200032, Kind.NUMBERS, "mm"),),
    (0x0020930E,): (Field("position-volume", "Position in the volume", 0x00209301, Kind.NUMBERS, "mm"),),
    (0x00209116,): (Field("orientation", "Orientation", 0x00200037, Kind.NUMBERS),),
    (0x0048021A,): (
        Field("tile-column", "Tile column", 0x0048021E),
        Field("tile-row", "Tile row", 0x0048021F),
        Field("slide-x", "X on the slide", 0x0040072A, unit="mm"),
        Field("slide-y", "Y on the slide", 0x0040073A, unit="mm"),
        Field("slide-z", "Z on the slide", 0x0040074A, unit="µm"),
    ),
    (0x00480207,): (Field("optical-path", "Optical path", 0x00480106, Kind.TEXT),),
    (0x00289110,): (
        Field("spacing", "Pixel spacing", 0x00280030, Kind.NUMBERS, "mm"),
        Field("thickness", "Slice thickness", 0x00180050, unit="mm"),
        Field("between", "Spacing between slices", 0x00180088, unit="mm"),
    ),
    (0x00289132,): (
        Field("center", "Window center", 0x00281050, Kind.NUMBERS),
        Field("width", "Window width", 0x00281051, Kind.NUMBERS),
        Field("window-name", "Window", 0x00281055, Kind.TEXT),
    ),
    (0x00289145,): (
        Field("slope", "Rescale slope", 0x00281053),
        Field("intercept", "Rescale intercept", 0x00281052),
        Field("rescale-type", "Rescale type", 0x00281054, Kind.TEXT),
    ),
    (0x00409096,): (
        Field("real-slope", "Real world slope", 0x00409225),
        Field("real-intercept", "Real world intercept", 0x00409224),
    ),
    (0x0062000A,): (Field("segment", "Segment", 0x0062000B),),
    (0x00209071,): (Field("laterality", "Laterality", 0x00209072, Kind.TEXT),),
    **{(tag,): (
        Field("frame-type", "Frame type", 0x00089007, Kind.WORDS),
        Field("complex", "Component", 0x00089208, Kind.WORDS),
    ) for tag in _FRAME_TYPES},
    # PS3.3 C.7.6.16.2.7 and C.7.6.16.2.17
    (0x00189118,): (
        Field("cardiac-phase", "Cardiac phase", 0x00209241, unit="%"),
        Field("trigger-delay", "Trigger delay", 0x00209153, unit="ms"),
        Field("actual-delay", "Actual trigger delay", 0x00209252, unit="ms"),
        Field("rr-interval", "R-R interval", 0x00209251, unit="ms"),
    ),
    (0x00209253,): (
        Field("respiratory-phase", "Respiratory phase", 0x00209245, unit="%"),
        Field("respiratory-delay", "Respiratory trigger delay", 0x00209255, unit="ms"),
    ),
    # PS3.3 C.8.13.5: MR
    (0x00189112,): (
        Field("repetition-time", "Repetition time", 0x00180080, unit="ms"),
        Field("flip-angle", "Flip angle", 0x00181314, unit="°"),
    ),
    (0x00189114,): (Field("echo-time", "Echo time", 0x00189082, unit="ms"),),
    (0x00189115,): (Field("inversion-time", "Inversion time", 0x00189079, Kind.NUMBERS, "ms"),),
    (0x00189117,): (
        Field("b-value", "b-value", 0x00189087, unit="s/mm²"),
        Field("directionality", "Directionality", 0x00189075, Kind.WORDS),
    ),
    (0x00189117, 0x00189076): (Field("gradient", "Gradient direction", 0x00189089, Kind.NUMBERS),),
    (0x00189197,): (
        Field("velocity-direction", "Velocity direction", 0x00189090, Kind.NUMBERS),
        Field("velocity-lowest", "Lowest velocity", 0x00189091, unit="cm/s"),
        Field("velocity-highest", "Highest velocity", 0x00189217, unit="cm/s"),
    ),
    # PS3.3 C.8.15.3: CT
    (0x00189325,): (Field("kvp", "Tube voltage", 0x00180060, unit="kV"),),
    (0x00189321,): (
        Field("current", "Tube current", 0x00189330, unit="mA"),
        Field("exposure-time", "Exposure time", 0x00189328, unit="ms"),
    ),
    # PS3.3 C.8.19.6: XA and XRF
    (0x00189417,): (
        Field("xa-kvp", "Tube voltage", 0x00180060, unit="kV"),
        Field("xa-current", "Tube current", 0x00189330, unit="mA"),
    ),
    (0x00189405,): (
        Field("primary-angle", "Primary angle", 0x00181510, unit="°"),
        Field("secondary-angle", "Secondary angle", 0x00181511, unit="°"),
    ),
    # PS3.3 C.8.22.5: PET
    (0x00189736,): (
        Field("decay", "Decay factor", 0x00541321),
        Field("scatter", "Scatter fraction", 0x00541323),
        Field("dead-time", "Dead time factor", 0x00541324),
    ),
}  # fmt: skip
"""Where in the groups of a frame each attribute stands: the sequences that lead to it."""

VECTORS: Final = {
    0x00182001: ("Page", ""),
    0x00182002: ("Label", ""),
    0x00182003: ("Primary angle", "°"),
    0x00182004: ("Secondary angle", "°"),
    0x00182005: ("Slice location", "mm"),
    0x00182006: ("Window", ""),
    0x00540010: ("Energy window", ""),
    0x00540020: ("Detector", ""),
    0x00540030: ("Phase", ""),
    0x00540050: ("Rotation", ""),
    0x00540060: ("R-R interval", ""),
    0x00540070: ("Time slot", ""),
    0x00540080: ("Slice", ""),
    0x00540090: ("Angular view", ""),
    0x00540100: ("Time slice", ""),
    0x3004000C: ("Grid offset", "mm"),
}
"""What Frame Increment Pointer may point to, one value a frame (PS3.3 C.7.6.6, C.8.4.8, C.8.6.3, C.8.8.3)."""

MAY_NAME: Final = frozenset({"label", "comments", "vector-00182002"})
"""Free text, in which somebody may be named."""
