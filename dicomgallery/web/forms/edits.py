"""What the form of an element asks for, read with care."""

import base64
from collections.abc import Mapping
from typing import Final

from werkzeug.datastructures import FileStorage, MultiDict

from dicomgallery.dicom.editing.edits import Deed, Edit
from dicomgallery.dicom.editing.typed import MOST_BYTES, is_binary
from dicomgallery.errors import RefusedError, TooLargeError
from dicomgallery.services.editing import Identity, Reach

GROUPS: Final = ("alphabetic", "ideographic", "phonetic")


def edit_of(form: MultiDict[str, str], files: Mapping[str, FileStorage]) -> Edit:
    """The edit that a form asks for; RefusedError in a sentence when it makes no sense."""
    deed = form.get("deed", Deed.SET.value)
    item = ""
    if deed.startswith(f"{Deed.REMOVE_ITEM.value}:"):
        # Without script one form has a button for each item.
        deed, _, number = deed.partition(":")
        item = f"[{number}]" if number.isascii() and number.isdecimal() and len(number) < 7 else "[?]"
    if deed not in set(Deed):
        raise RefusedError("Choose what to do with the element.")
    vr = form.get("vr", "")
    value = _value(vr, form, files) if deed == Deed.SET else ""
    return Edit.of(Deed(deed), form.get("path", "") + item, vr, value, form.get("creator", ""))


def reach_of(text: str | None) -> Reach:
    """Which instances a form means; this image when it says nothing that is known."""
    return Reach(text) if text in set(Reach) else Reach.INSTANCE


def identity_of(text: str | None) -> Identity:
    """Which UIDs a form wants new."""
    return Identity(text) if text in set(Identity) else Identity.INSTANCE


def _value(vr: str, form: MultiDict[str, str], files: Mapping[str, FileStorage]) -> str:
    if is_binary(vr):
        return _bytes(form, files)
    if "alphabetic" in form:
        return "=".join(form.get(group, "").replace("=", "") for group in GROUPS).rstrip("=")
    return form.get("value", "")


def _bytes(form: MultiDict[str, str], files: Mapping[str, FileStorage]) -> str:
    sent = files.get("file")
    if sent is None or not sent.filename:
        return form.get("base64", "")
    data = sent.stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TooLargeError.over(MOST_BYTES)
    return base64.b64encode(data).decode("ascii")
