"""The search of what was made for all that identified in its original; what is not clean must not go out."""

import mmap

from dicomgallery.deid.engine import Deidentified
from dicomgallery.deid.profile import Profile
from dicomgallery.deid.searching import Given, searched, told


def objection(
    original: bytes | mmap.mmap, made: bytes | mmap.mmap, done: Deidentified, *, profile: Profile, name: str
) -> str:
    """Why a result must not go out, in words that name nobody; "" when nothing of its original is found in it."""
    return told(searched(original, made, profile, Given(done.subject, done.sop_instance_uid, name)))
