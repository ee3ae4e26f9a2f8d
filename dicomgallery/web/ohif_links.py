"""Where OHIF shows a study, for pages that lead there."""

from urllib.parse import quote

from flask import request

from dicomgallery import ohif, settings
from dicomgallery.serving.hosts import without_port


def viewer() -> str:
    """The address that a Study Instance UID completes; empty where OHIF is not offered, or not yet.

    OHIF knows studies by their UIDs alone, so they stand in its addresses; names never do.
    """
    chosen = settings.current()
    if not chosen.ohif_port or not ohif.is_there(chosen.data):
        return ""
    return f"//{without_port(request.host)}:{chosen.ohif_port}/viewer?StudyInstanceUIDs="


def of_study(study_uid: str) -> str:
    """Where OHIF shows this study; empty where it cannot."""
    root = viewer()
    return f"{root}{quote(study_uid)}" if root and study_uid else ""


def why_not() -> str:
    """Why OHIF, though it was chosen, cannot be opened yet; empty where it can, or is not offered at all."""
    chosen = settings.current()
    return ohif.why_not(chosen.data) if chosen.ohif_port and not ohif.is_there(chosen.data) else ""
