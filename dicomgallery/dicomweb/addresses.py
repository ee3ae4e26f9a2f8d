"""Addresses of studies, series and instances below /dicom-web (PS3.18 10.1.1)."""

import re

from flask import request

from dicomgallery.dicom.uids import path_of
from dicomgallery.errors import NotFoundError
from dicomgallery.serving.hosts import LOOPBACK

PREFIX = "/dicom-web"
_UID = re.compile(r"[0-9.]{1,64}")


def service_url() -> str:
    """Where this door is, as whoever asks reaches it."""
    host, port = request.host, str(request.environ.get("SERVER_PORT", ""))
    # dicomweb-client leaves the port out of its Host header, and would be sent to another server of this machine.
    if host in LOOPBACK and port not in {"", "80", "443"}:
        host = f"{host}:{port}"
    return f"{request.scheme}://{host}{PREFIX}"


def retrieve_url(study_uid: str, series_uid: str | None = None, sop_uid: str | None = None) -> str:
    """Where to retrieve it, as whoever asks reaches this gallery."""
    return f"{service_url()}/{path_of(study_uid, series_uid, sop_uid)}"


def checked(*uids: str | None) -> None:
    """Raise NotFoundError for what can be no UID."""
    if not all(uid is None or _UID.fullmatch(uid) for uid in uids):
        raise NotFoundError("There is nothing here: a UID has digits and dots, and at most 64 of them.")
