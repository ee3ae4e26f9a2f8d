"""How an image is looked at, as its page's URL says it: frame, window, state, inversion, encoding, tab."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

from dicomgallery.imaging.presets import CT_PRESETS
from dicomgallery.imaging.spec import MAX_ID, MAX_VOI, Format, RenderSpec, Window
from dicomgallery.web.asked import whole

TABS: Final = {"tags": "Tags", "frames": "Frames", "text": "Text", "history": "History"}
LONGEST_NUMBER: Final = 24
OF_STORIES: Final = ("slice", "roi", "segment", "opacity", "from")


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at an image; equal to what its URL says."""

    frame: int | None = None
    window: Window | None = None
    auto: bool = False
    voi: int | None = None
    state: int | None = None
    plain: bool = False
    invert: bool = False
    format: Format = Format.PNG
    tab: str = "tags"
    also: tuple[tuple[str, str], ...] = ()
    """What the story of the object and the tab of its frames keep in the URL, and no picture knows of."""
    complaints: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, args: Mapping[str, str], *, frames: int) -> Self:
        """Read it from URL parameters; what is not understood is left out and complained of."""
        complaints: list[str] = []
        window, state = _window(args, complaints), _state_of(args.get("state", ""))
        return cls(
            frame=_frame(args.get("frame", ""), frames, complaints),
            window=window,
            auto=args.get("window") == "auto" and window is None,
            voi=_number_of(args.get("window", "")) if window is None and state is None else None,
            state=state,
            plain=args.get("overlays") == "off",
            invert=args.get("invert") == "1",
            format=Format.JPEG if args.get("format") == "jpg" else Format.PNG,
            tab=args.get("tab", "") if args.get("tab") in TABS else "tags",
            also=tuple((name, args[name][:LONGEST_NUMBER]) for name in OF_STORIES if args.get(name)),
            complaints=tuple(complaints),
        )

    @property
    def spec(self) -> RenderSpec:
        """The picture that is looked at."""
        return RenderSpec(
            frame=self.frame,
            window=self.window,
            auto=self.auto,
            voi=self.voi,
            state=self.state,
            plain=self.plain,
            invert=self.invert,
            format=self.format,
        )

    @property
    def is_usual(self) -> bool:
        """Say whether the picture is as the file wants it."""
        return self.is_as_filed and self.state is None and not self.invert and not self.plain

    @property
    def is_as_filed(self) -> bool:
        """Say whether the window is the first that the file names."""
        return self.window is None and not self.auto and self.voi is None

    def query(self, **changes: object) -> str:
        """The URL's parameters with fields changed, from its question mark on; what is usual is left out."""
        look = replace(self, **changes)  # type: ignore[arg-type] # the fields of this class
        pairs = [("frame", str(look.frame))] if look.frame is not None else []
        if look.window is not None:
            pairs += [("center", f"{look.window.center:.7g}"), ("width", f"{look.window.width:.7g}")]
        pairs += [("window", "auto")] if look.auto else []
        pairs += [("window", str(look.voi))] if look.voi is not None else []
        pairs += [("state", str(look.state))] if look.state is not None else []
        pairs += [("overlays", "off")] if look.plain else []
        pairs += [("invert", "1")] if look.invert else []
        pairs += [("format", "jpg")] if look.format is Format.JPEG else []
        pairs += [("tab", look.tab)] if look.tab != "tags" else []
        pairs += look.also
        return f"?{urlencode(pairs)}" if pairs else "?"

    def windows(self, named: Sequence[str], modality: str) -> list["Way"]:
        """The windows to choose from: those of the file by what it calls them, one from the values, CT's usual ones."""
        own_name = "The file's own" if self.state is None else "As the state asks"
        own = [
            Way(name, "d" if number == 1 else "", replace(self, voi=None if number == 1 else number, **_NO_WINDOW))
            for number, name in enumerate(named or [own_name], start=1)
        ]
        usual = CT_PRESETS if modality == "CT" else {}
        return [
            *own,
            Way("From its values", "0", replace(self, voi=None, **_NO_WINDOW | {"auto": True})),
            *(
                Way(name, str(key), replace(self, voi=None, auto=False, window=window))
                for key, (name, window) in enumerate(usual.items(), start=1)
            ),
        ]


@dataclass(frozen=True, slots=True)
class Way:
    """A look by name, and the key that leads to it."""

    label: str
    key: str
    look: Look


_NO_WINDOW: Final[dict[str, Any]] = {"window": None, "auto": False}


def _number_of(text: str) -> int | None:
    """The number of one of the file's windows; None for the first, which is shown anyway, and for anything else."""
    number = whole(text, MAX_VOI)
    return number if number is not None and number > 1 else None


def _state_of(text: str) -> int | None:
    """The instance id of a presentation state; None for what is none."""
    return whole(text, MAX_ID) or None


def _window(args: Mapping[str, str], complaints: list[str]) -> Window | None:
    center, width = args.get("center", "").strip(), args.get("width", "").strip()
    if not center and not width:
        return None
    try:
        return Window(center=float(center[:LONGEST_NUMBER]), width=float(width[:LONGEST_NUMBER]))
    except ValueError:
        complaints.append("A window needs a center and a width above zero, both numbers; the file's own is shown.")
        return None


def _frame(text: str, frames: int, complaints: list[str]) -> int | None:
    if not text or frames <= 1:
        return None
    number = whole(text, frames) or None
    if number is None:
        complaints.append(f"There are frames 1 to {frames}; the middle one is shown.")
    return number
