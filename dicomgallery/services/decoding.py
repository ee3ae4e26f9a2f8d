"""Trying every codec on a specimen, so that anybody can see what this gallery reads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.dicom import transfer, uids
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.specimens import SPECIMENS, Specimen
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.sandbox.opening import sandbox

_SAMPLES = {"gray": "gray, 12 bits", "gray8": "gray, 8 bits", "rgb": "color"}
_ODD = {"jpeg-12-without-spectrum": ", its scan header wrong as some devices write it"}
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Tried:
    """How reading a specimen went."""

    name: str
    """The transfer syntax in a few words."""
    uid: str
    standard_name: str
    sample: str
    """What the specimen holds; empty when there is none."""
    passes: bool | None
    """None when there is no specimen."""
    sentence: str
    ms: float | None = None


def try_all(*, actor: Actor) -> Sequence[Tried]:
    """Read every specimen in the sandbox, as a picture of an upload would be."""
    demand(actor, Permission.VIEW)
    reader = sandbox()
    with ThreadPoolExecutor(_AT_ONCE, "specimen") as threads:
        return list(threads.map(lambda specimen: tried(reader, specimen), SPECIMENS))


def tried(reader: Sandbox, specimen: Specimen) -> Tried:
    """Read one specimen and judge what came out."""
    uid = specimen.transfer_syntax
    name, standard_name = transfer.short_name(uid), uids.name_of(uid)
    if not specimen.file:
        return Tried(name, uid, standard_name, "", None, specimen.what)
    sample = _SAMPLES[specimen.what] + _ODD.get(specimen.file, "")
    try:
        examined = reader.examine(specimen)
    except (CannotRenderError, UnavailableError) as error:
        return Tried(name, uid, standard_name, sample, passes=False, sentence=str(error))
    passes = examined.apart <= specimen.apart
    if examined.apart == 0:
        sentence = "Every sample as it was encoded."
    else:
        sentence = f"Samples differ by {examined.apart} at most; {specimen.apart} may be lost here."
    return Tried(name, uid, standard_name, sample, passes, sentence, examined.microseconds / 1000)
