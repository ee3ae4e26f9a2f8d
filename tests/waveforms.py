"""Made-up waveforms for tests: the same arguments give the same bytes."""

import math
from array import array
from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.uids import stable_uid

TWELVE_LEAD = "1.2.840.10008.5.1.4.1.1.9.1.1"
AMBULATORY = "1.2.840.10008.5.1.4.1.1.9.1.3"
HEMODYNAMIC = "1.2.840.10008.5.1.4.1.1.9.2.1"
VOICE = "1.2.840.10008.5.1.4.1.1.9.4.1"
EEG = "1.2.840.10008.5.1.4.1.1.9.7.1"
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def code(meaning: str, value: str = "1", scheme: str = "99TEST") -> ItemSequence:
    one = Dataset()
    one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = value, scheme, meaning
    return ItemSequence([one])


def channel(name: str, unit: str = "uV", sensitivity: str = "1", **values: object) -> Dataset:
    """A channel definition; without a unit it has no sensitivity either."""
    one = Dataset()
    one.ChannelSourceSequence = code(name)
    if unit:
        one.ChannelSensitivity, one.ChannelSensitivityCorrectionFactor = sensitivity, "1"
        one.ChannelBaseline = "0"
        one.ChannelSensitivityUnitsSequence = code(unit, unit, "UCUM")
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def group(
    channels: Sequence[Dataset], numbers: Sequence[Sequence[int]], rate: float, *, form: str = "SS", **values: object
) -> Dataset:
    """A multiplex group; `numbers` holds the samples of each channel."""
    bits, letter = {"SS": (16, "h"), "US": (16, "H"), "SB": (8, "b"), "UB": (8, "B"), "MB": (8, "B"), "SL": (32, "i")}[
        form
    ]
    one = Dataset()
    one.WaveformOriginality = "ORIGINAL"
    one.NumberOfWaveformChannels, one.NumberOfWaveformSamples = len(channels), len(numbers[0])
    one.SamplingFrequency = f"{rate:g}"
    one.ChannelDefinitionSequence = ItemSequence(channels)
    one.WaveformBitsAllocated, one.WaveformSampleInterpretation = bits, form
    data = array(letter, [number for moment in zip(*numbers, strict=True) for number in moment]).tobytes()
    one.add_new(0x54001010, "OB" if bits == 8 else "OW", data + b"\0" * (len(data) % 2))
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def recording(sop_class: str, modality: str, *groups: Dataset, notes: Sequence[Dataset] = ()) -> Dataset:
    """An object of these groups and annotations."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.Modality = sop_class, modality
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(dataset, keyword, stable_uid(f"{keyword} {sop_class} {len(groups)}".encode()))
    dataset.PatientName, dataset.PatientID = "Synthetic^Wanda", "SYN-WAVE"
    dataset.StudyDate = dataset.ContentDate = "20240519"
    dataset.SeriesDescription, dataset.SeriesNumber, dataset.InstanceNumber = "Recording", "1", "1"
    dataset.WaveformSequence = ItemSequence(groups)
    if notes:
        dataset.WaveformAnnotationSequence = ItemSequence(notes)
    return dataset


def note(*, name: str = "", text: str = "", number: str = "", unit: str = "", **values: object) -> Dataset:
    """A waveform annotation."""
    one = Dataset()
    if name:
        one.ConceptNameCodeSequence = code(name)
    if text:
        one.UnformattedTextValue = text
    if number:
        one.NumericValue, one.MeasurementUnitsCodeSequence = number, code(unit, unit, "UCUM")
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def beat(seconds: float, height: float = 1000) -> int:
    """A heart that beats once a second: a P wave, a QRS complex and a T wave."""
    at = seconds % 1
    bumps = ((0.2, 0.03, 0.12), (0.34, 0.008, -0.12), (0.36, 0.012, 1.0), (0.38, 0.01, -0.2), (0.6, 0.06, 0.28))
    return round(height * sum(size * math.exp(-(((at - middle) / wide) ** 2)) for middle, wide, size in bumps))


def ecg(seconds: float = 10, rate: int = 250, *, leads: Sequence[str] = LEADS) -> Dataset:
    """An electrocardiogram in microvolts."""
    heights = [-800 if lead == "aVR" else 600 + 80 * place for place, lead in enumerate(leads)]
    numbers = [[beat(at / rate, height) for at in range(round(seconds * rate))] for height in heights]
    channels = [channel(f"Lead {lead}", FilterLowFrequency="0.05", FilterHighFrequency="150") for lead in leads]
    sop_class = TWELVE_LEAD if len(leads) == len(LEADS) else AMBULATORY
    return recording(sop_class, "ECG", group(channels, numbers, rate, MultiplexGroupLabel="RHYTHM"))


def pressures(seconds: float = 8, rate: int = 200) -> Dataset:
    """An arterial and a venous pressure, in mmHg, with a gap in the second."""
    times = [at / rate for at in range(round(seconds * rate))]
    arterial = [round(8000 + 4000 * max(0.0, math.sin(6.283 * at)) ** 0.7) for at in times]
    venous = [-32768 if 3 <= at < 4 else round(600 + 200 * math.sin(6.283 * at + 1)) for at in times]
    channels = [channel("Aortic pressure", "mm[Hg]", "0.01"), channel("Central venous pressure", "mm[Hg]", "0.01")]
    one = group(channels, [arterial, venous], rate)
    one.add_new(0x5400100A, "OW", array("h", [-32768]).tobytes())
    return recording(HEMODYNAMIC, "HD", one)


def voice(seconds: float = 1, rate: int = 8000) -> Dataset:
    """A tone of 440 Hz that swells, as mu-law bytes are laid out."""
    numbers = []
    for at in range(round(seconds * rate)):
        size = abs(math.sin(6.283 * 440 * at / rate)) * math.sin(math.pi * at / (seconds * rate))
        # In mu-law a louder sample has a smaller byte; its top bit is the sign.
        numbers.append((0x80 if math.sin(6.283 * 440 * at / rate) >= 0 else 0) | 127 - round(size * 127))
    return recording(VOICE, "AU", group([channel("Voice", "")], [numbers], rate, form="MB"))


def brain(seconds: float = 10, rate: int = 200, channels: int = 19) -> Dataset:
    """A scalp EEG, alpha waves of different phase."""
    names = (
        "Fp1",
        "Fp2",
        "F7",
        "F3",
        "Fz",
        "F4",
        "F8",
        "T7",
        "C3",
        "Cz",
        "C4",
        "T8",
        "P7",
        "P3",
        "Pz",
        "P4",
        "P8",
        "O1",
        "O2",
    )
    numbers = [
        [
            round(
                300 * math.sin(6.283 * 10 * at / rate + place) + 200 * math.sin(6.283 * (1.3 + place / 7) * at / rate)
            )
            for at in range(round(seconds * rate))
        ]
        for place in range(channels)
    ]
    defined = [channel(names[place % len(names)], "uV", "0.1") for place in range(channels)]
    return recording(EEG, "EEG", group(defined, numbers, rate))


def as_bytes(dataset: Dataset) -> bytes:
    return synthetic.as_bytes(dataset)
