"""The grayscale pipeline: stored value, modality LUT, VOI LUT or window, presentation (PS3.3 C.11, PS3.4 N.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.imaging import groups, presets, wash
from dicomgallery.imaging.header import items, reals, text, texts
from dicomgallery.imaging.layout import Layout, Numbers, is_signed
from dicomgallery.imaging.lut import Lut, lut_in
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.spec import MAX_VOI, Fit, RenderSpec, Window
from dicomgallery.imaging.window import Function, Gray, bounds, ramp, window_values

MINUS: Final = "\N{MINUS SIGN}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
_DOSE_UNITS: Final = {"GY": "Gy", "RELATIVE": "relative units"}
"""PS3.3 C.8.8.3: Dose Units (3004,0002); what a relative dose is relative to, the file does not say."""

_NO_UNIT: Final = "1"
"""UCUM's code of what has no unit."""

_RESCALE_GROUP: Final = "PixelValueTransformationSequence"
_VOI_GROUP: Final = "FrameVOILUTSequence"
_SAMPLED_SIDE: Final = 256
_LOST: Final = 0.995
"""A window that leaves more of the frame than this at one end shows nothing."""
_INDISTINCT: Final = 20
"""A frame whose grays are all this close to black or white shows nothing either."""


@dataclass(frozen=True, slots=True, eq=False)
class Modality:
    """What turns stored values into the ones a window is given in: a table, or a line."""

    slope: float = 1.0
    intercept: float = 0.0
    table: Lut | None = None
    unit: str = ""

    @property
    def words(self) -> str:
        """What it does, empty when it leaves the values as they are."""
        unit = f", in {self.unit}" if self.unit else ""
        if self.table is not None:
            name = f" ({self.table.explanation})" if self.table.explanation else ""
            return f"Stored values through the modality LUT{name}{unit}"
        if self.slope == 1.0 and self.intercept == 0.0:
            return ""
        shift = f" {'+' if self.intercept > 0 else MINUS} {_number(abs(self.intercept))}" if self.intercept else ""
        return f"Stored values {TIMES} {_number(self.slope)}{shift}{unit}"

    def values(self, samples: NDArray[Any]) -> NDArray[np.float64]:
        """Stored samples as modality values."""
        if self.table is not None:
            return self.table.look_up(samples).astype(np.float64)
        return samples.astype(np.float64) * self.slope + self.intercept


@dataclass(frozen=True, slots=True, eq=False)
class Voi:
    """One way the file asks to be seen."""

    window: Window | None = None
    function: Function = Function.LINEAR
    table: Lut | None = None
    name: str = ""
    """What the file, or custom, calls it; empty when neither does."""
    words: str = ""
    presentation: Lut | None = None
    """What its grays are looked up in (PS3.3 C.11.4)."""

    @property
    def label(self) -> str:
        """What to call it, by its numbers where it has no name."""
        if self.name or self.window is None:
            return self.name or "VOI LUT"
        return f"{_number(self.window.width)} / {_number(self.window.center)}"

    def grays(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Modality values as 0 to 255, not rounded."""
        if self.table is not None:
            grays = self.table.look_up(values).astype(np.float64) * (255.0 / self.table.highest)
        elif self.window is not None:
            grays = window_values(values, self.window, self.function)
        else:
            raise AssertionError("A VOI has a window or a table.")
        return grays if self.presentation is None else _through(self.presentation, grays)


@dataclass(frozen=True, slots=True, eq=False)
class Toning:
    """What makes the samples of one frame gray, before low and high are exchanged."""

    modality: Modality
    words: str
    """Which window it is, and where from."""
    voi: Voi | None = None
    """As the file or the spec asks; None when the values themselves choose."""
    scale: tuple[float, float] | None = None
    """The values that become black and white, when all between lie evenly."""
    level: int | None = None
    """The gray of every pixel, where there is nothing to choose from."""

    @property
    def function(self) -> Function | None:
        """How values between black and white are spread; None where a table does it."""
        if self.voi is None:
            return Function.LINEAR_EXACT
        return self.voi.function if self.voi.table is None else None

    def gray(self, samples: Samples) -> Gray:
        """The grays of these samples."""
        if self.level is not None:
            return np.full(samples.shape, self.level, np.uint8)
        modality, voi = self.modality, self.voi
        if self.scale is not None and modality.table is None:
            return ramp(samples, modality.slope, modality.intercept, *self.scale)
        if voi is None:
            return np.rint(self._spread(modality.values(samples))).astype(np.uint8)
        if samples.dtype.kind in "iu" and samples.dtype.itemsize <= 2:
            # One pass over every value a sample can have, then one look-up a pixel.
            inputs = np.arange(1 << (8 * samples.dtype.itemsize)).astype(f"u{samples.dtype.itemsize}")
            table = np.rint(voi.grays(modality.values(inputs.view(samples.dtype)))).astype(np.uint8)
            return table.take(samples.view(inputs.dtype))
        return np.rint(np.nan_to_num(voi.grays(modality.values(samples)))).astype(np.uint8)

    def _spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.scale is None:
            raise AssertionError("What is not asked for has a scale or a level.")
        black, white = self.scale
        return np.clip((values - black) * (255.0 / (white - black)), 0.0, 255.0)


@dataclass(frozen=True, slots=True, eq=False)
class Toned:
    """A frame in grays, how it came to them, and what its ends stand for."""

    gray: Gray
    notes: tuple[str, ...]
    scale: tuple[float, float] | None = None
    """The values that became black and white, when all between lie evenly."""
    unit: str = ""


def to_gray(
    dataset: Dataset, samples: Samples, layout: Layout, spec: RenderSpec, presentation: Lut | None = None
) -> Toned:
    """Make one frame gray as the spec and the file ask; the notes say which window was used and where from.

    Only a presentation state has a Presentation LUT.
    """
    toning = toning_of(dataset, samples, layout, spec, presentation)
    gray, told = toning.gray(samples), toning.words
    if toning.voi is None and presentation is not None:
        gray = np.rint(_through(presentation, gray)).astype(np.uint8)
    is_first = spec.window is None and spec.voi is None and spec.state is None
    if toning.voi is not None and is_first and (lost := _lost_to(gray)):
        told = f"{toning.words}; it leaves nearly all of this frame {lost}"
        if spec.fit is Fit.COVER:
            toning = _by_values(dataset, samples, layout, toning.modality)
            gray = toning.gray(samples)
            told = f"{toning.words}, since the file's own leaves nearly all of it {lost}"
    notes = (told, *([toning.modality.words] if toning.modality.words else []))
    if words := inverse_words(dataset, layout):
        np.subtract(255, gray, out=gray)
        notes += (words,)
    return Toned(gray, notes, toning.scale, toning.modality.unit)


def toning_of(
    dataset: Dataset, samples: Samples, layout: Layout, spec: RenderSpec, presentation: Lut | None = None
) -> Toning:
    """Find what makes a frame gray as the spec and the file ask."""
    modality = modality_of(dataset, layout)
    voi = None if spec.auto else _voi_for(dataset, layout, spec)
    if voi is None:
        return _by_values(dataset, samples, layout, modality)
    if presentation is not None:
        voi = replace(voi, presentation=presentation)
    if voi.function is Function.LINEAR and layout.numbers is not Numbers.INTEGER:
        # The half offsets of a linear window are for whole numbers; in a parametric map there are none.
        voi = replace(voi, function=Function.LINEAR_EXACT)
    is_line = voi.window is not None and voi.function is not Function.SIGMOID and voi.presentation is None
    scale = bounds(voi.window, voi.function) if voi.window is not None and is_line else None
    return Toning(modality, voi.words, voi, scale)


def inverse_words(dataset: Dataset, layout: Layout) -> str:
    """Why the low values of a frame are white; empty where they are black."""
    # For MONOCHROME1 the shape is INVERSE too, and means the same (PS3.3 C.11.6.1.2): one inversion, not two.
    is_inverse = text(dataset, "PresentationLUTShape").upper() == "INVERSE"
    if layout.photometric != "MONOCHROME1" and not is_inverse:
        return ""
    return f"Low values are white, as {'its presentation LUT shape' if is_inverse else 'MONOCHROME1'} says"


def _voi_for(dataset: Dataset, layout: Layout, spec: RenderSpec) -> Voi | None:
    if spec.window is not None:
        return _asked_for(dataset, spec)
    # What a presentation state asks for is told as one, not window by window.
    return voi_of(dataset, spec.voi, signed=layout.signed, origin="" if spec.state is not None else "the file")


def modality_of(dataset: Dataset, layout: Layout) -> Modality:
    """The modality LUT or rescale of a frame, its functional groups included."""
    for item in items(dataset, "ModalityLUTSequence")[:1]:
        table = lut_in(item, signed=layout.signed)
        if table is not None:
            return Modality(table=table, unit=_unit(text(item, "ModalityLUTType")))
    for holder in groups.holders(dataset, _RESCALE_GROUP):
        slope, intercept = reals(holder, "RescaleSlope"), reals(holder, "RescaleIntercept")
        if slope or intercept:
            unit = text(holder, "RescaleType") or ("HU" if text(dataset, "Modality") == "CT" else "")
            return _line(slope, intercept, _unit(unit))
    # Of a parametric map the real values are the point; elsewhere they are one more scale beside the stored one.
    if wash.is_washed(dataset) and (mapped := _real_world(dataset)) is not None:
        return mapped
    if layout.numbers is Numbers.INTEGER and (scaling := reals(dataset, "DoseGridScaling")) and scaling[0] > 0:
        return Modality(scaling[0], unit=_DOSE_UNITS.get(text(dataset, "DoseUnits").upper(), ""))
    return Modality()


def _real_world(dataset: Dataset) -> Modality | None:
    """The mapping to real world values, its unit by UCUM's code (PS3.3 C.7.6.16.2.11); None when there is none."""
    keyword = "RealWorldValueMappingSequence"
    for item in (*groups.own(dataset, keyword), *items(dataset, keyword)[:1], *groups.of_frame(dataset, keyword)):
        unit = next((text(code, "CodeValue") for code in items(item, "MeasurementUnitsCodeSequence")), "")
        slope, intercept = reals(item, "RealWorldValueSlope"), reals(item, "RealWorldValueIntercept")
        return _line(slope, intercept, "" if unit == _NO_UNIT else unit[:16])
    return None


def _line(slope: Sequence[float], intercept: Sequence[float], unit: str) -> Modality:
    """A slope of nothing, or of zero, is 1; no intercept is 0."""
    return Modality(slope[0] if slope and slope[0] else 1.0, intercept[0] if intercept else 0.0, unit=unit)


def _unit(code: str) -> str:
    """The unit that a rescale type names (PS3.3 C.11.1.1.2); US is "unspecified"."""
    return "" if code.upper() == "US" else code[:16]


def voi_of(dataset: Dataset, number: int | None = None, *, signed: bool, origin: str = "the file") -> Voi | None:
    """One of the ways the file asks to be seen, the first unless a number says which; None if it has none at all."""
    place = (number or 1) - 1
    found = next(islice(vois_of(dataset, signed=signed, origin=origin), place, None), None)
    if found is None and number is not None:
        raise CannotRenderError(RenderReason.NO_SUCH_WINDOW, f"The file has no window number {number}.")
    return found


def named_ways(dataset: Dataset) -> list[str]:
    """What to call each way the file asks to be seen, in the order of their numbers in a `RenderSpec`."""
    return [voi.label for voi in islice(vois_of(dataset, signed=is_signed(dataset)), MAX_VOI)]


def vois_of(dataset: Dataset, *, signed: bool, origin: str = "the file") -> Iterator[Voi]:
    """Every way the file asks to be seen that can be used: its VOI LUTs, then its windows."""

    def told(words: str, number: int, count: int) -> str:
        return f"{words} from {origin}, {number} of {count}" if origin else words

    # With the frame's own tables or windows come those of the object (PS3.3 C.7.6.16.2.10b).
    holders = groups.holders(dataset, _VOI_GROUP)
    sequence = tuple(item for holder in holders for item in items(holder, "VOILUTSequence"))
    for number, item in enumerate(sequence, start=1):
        # The signedness of a VOI LUT's first input follows the modality LUT's output (PS3.3 C.11.2.1.1).
        is_below_zero = signed or any(value < 0 for value in _intercept(dataset))
        if table := lut_in(item, signed=is_below_zero):
            name = f" ({table.explanation})" if table.explanation else ""
            yield Voi(table=table, name=table.explanation, words=told(f"VOI LUT{name}", number, len(sequence)))
    for holder in holders:
        centers, widths = reals(holder, "WindowCenter"), reals(holder, "WindowWidth")
        count = min(len(centers), len(widths))
        for number, (center, width) in enumerate(zip(centers, widths, strict=False), start=1):
            try:
                window = Window(center, width)
            except ValueError:
                continue
            explained = texts(holder, "WindowCenterWidthExplanation")
            name = presets.preset_name(window, text(dataset, "Modality"))
            name = name or (explained[number - 1] if len(explained) >= number else "")
            words = told(_said(window, name), number, count)
            yield Voi(window=window, function=_function(holder), name=name, words=words)


def _asked_for(dataset: Dataset, spec: RenderSpec) -> Voi:
    window = spec.window
    if window is None:
        raise AssertionError("The spec names a window.")
    function = next((_function(one) for one in groups.holders(dataset, _VOI_GROUP) if _names_function(one)), None)
    function = function if function is Function.LINEAR_EXACT else Function.LINEAR
    name = presets.preset_name(window, text(dataset, "Modality"))
    return Voi(window=window, function=function, words=f"{_said(window, name)} as asked for")


def presentation_lut_of(dataset: Dataset) -> Lut | None:
    """The table of a Presentation LUT Sequence (PS3.3 C.11.4); None without one."""
    return next(
        (table for item in items(dataset, "PresentationLUTSequence")[:1] if (table := lut_in(item, signed=False))), None
    )


def _through(table: Lut, grays: NDArray[Any]) -> NDArray[np.float64]:
    """Grays of 0 to 255 spread over the entries of a Presentation LUT, and what stands there as grays."""
    places = grays * ((table.entries.size - 1) / 255.0) + table.first
    return table.look_up(places).astype(np.float64) * (255.0 / table.highest)


def _by_values(dataset: Dataset, samples: Samples, layout: Layout, modality: Modality) -> Toning:
    """Choose a window from the frame's values; a frame of one value is black if that is nothing, else mid gray."""
    kind = text(dataset, "Modality")
    if layout.bits_stored == 1:
        line = modality if modality.table is None else Modality()
        off, on = line.values(np.asarray([0, -1 if layout.signed else 1])).tolist()
        return Toning(line, "One bit a pixel, shown as black and white", scale=(off, on))
    stored = _sampled(samples)
    if (ends := padding_of(dataset, layout)) is not None:
        stored = stored[(stored < ends[0]) | (stored > ends[1])]
    values = modality.values(stored)
    whole = None
    if layout.bits_stored <= 8 and layout.numbers is Numbers.INTEGER and modality.table is None and kind != "SEG":
        lowest = -(1 << (layout.bits_stored - 1)) if layout.signed else 0
        whole_values = modality.values(np.asarray([lowest, lowest + (1 << layout.bits_stored) - 1]))
        whole = (float(whole_values.min()), float(whole_values.max()))
    if kind in ("SEG", "RTDOSE"):
        values = np.append(values, (0.0, _highest(samples, modality)))
    chosen = presets.choose(values[np.isfinite(values)], kind, stored_range=whole)
    if chosen is None:
        return Toning(modality, "Every pixel of this frame has the same value", level=0 if not values.any() else 128)
    words = f"Window {_number(chosen.black)} to {_number(chosen.white)}, {chosen.words}"
    return Toning(modality, words, scale=(chosen.black, chosen.white))


def _sampled(samples: Samples) -> NDArray[Any]:
    """Every so many-th pixel both ways, enough to know the spread of the values."""
    down, across = (max(1, side // _SAMPLED_SIDE) for side in samples.shape[:2])
    return samples[::down, ::across].ravel()


def _highest(samples: Samples, modality: Modality) -> float:
    return float(modality.values(np.asarray([samples.max()]))[0])


def padding_of(dataset: Dataset, layout: Layout) -> tuple[float, float] | None:
    """The lowest and the highest of the stored values that stand for nothing (PS3.3 C.7.5.1.1.2)."""
    padding = reals(dataset, "FloatPixelPaddingValue" if layout.numbers is Numbers.FLOAT else "PixelPaddingValue")
    if not padding:
        return None
    limit = reals(dataset, "PixelPaddingRangeLimit") or padding
    ends = [value - 65_536 if layout.signed and value > 0x7FFF else value for value in (padding[0], limit[0])]
    return min(ends), max(ends)


def _lost_to(gray: Gray) -> str:
    """The end, "black" or "white", at which nearly all of a frame lies; empty when there is something to see."""
    darkest, lightest = int(gray.min()), int(gray.max())
    if lightest < _INDISTINCT or np.count_nonzero(gray) < (1 - _LOST) * gray.size:
        return "black"
    if darkest > 255 - _INDISTINCT or np.count_nonzero(gray == 255) > _LOST * gray.size:
        return "white"
    return ""


def _intercept(dataset: Dataset) -> tuple[float, ...]:
    found = (reals(holder, "RescaleIntercept") for holder in groups.holders(dataset, _RESCALE_GROUP))
    return next((one for one in found if one), ())


def _names_function(holder: Dataset) -> bool:
    return bool(text(holder, "VOILUTFunction"))


def _function(holder: Dataset) -> Function:
    try:
        return Function(text(holder, "VOILUTFunction").upper() or Function.LINEAR)
    except ValueError:
        return Function.LINEAR


def _said(window: Window, name: str) -> str:
    title = f" ({name})" if name else ""
    return f"Window {_number(window.width)} / {_number(window.center)}{title}"


def _number(value: float) -> str:
    return f"{value:.6g}"


def without_unused_bits(samples: Samples, layout: Layout) -> Samples:
    """Keep the bits from High Bit down; those above may be an embedded overlay, never a part of the value."""
    width = layout.bits_allocated
    if layout.numbers is not Numbers.INTEGER or width == 1 or layout.bits_stored >= width:
        return samples
    above = max(0, width - 1 - layout.high_bit)
    lowest = -(1 << (layout.bits_stored - 1)) if layout.signed else 0
    if layout.high_bit == layout.bits_stored - 1 and _lies_in(samples, lowest, lowest + (1 << layout.bits_stored) - 1):
        return samples
    below = width - layout.bits_stored
    return (samples << above) >> below


def _lies_in(samples: Samples, lowest: int, highest: int) -> bool:
    """Whether no sample has a bit too many; looking is several times as fast as clearing them."""
    return int(samples.max()) <= highest and (samples.dtype.kind == "u" or int(samples.min()) >= lowest)
