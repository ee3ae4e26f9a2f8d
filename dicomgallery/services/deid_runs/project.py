"""The secrets of de-identification, one of each kind a project: made from the gallery's own secret, kept nowhere."""

import hashlib
import hmac
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dicomgallery import settings
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.errors import UnavailableError


def pseudonyms(workspace_id: int) -> Pseudonyms:
    """The new UIDs, days and subjects of a workspace: the same in every run."""
    return _pseudonyms(_derived(workspace_id, "pseudonyms"))


def signing_key(workspace_id: int) -> bytes:
    """The Ed25519 key that signs the reports of a workspace, as PEM."""
    key = Ed25519PrivateKey.from_private_bytes(_derived(workspace_id, "signature of reports"))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=8)
def _pseudonyms(secret: bytes) -> Pseudonyms:
    return Pseudonyms(secret)


def _derived(workspace_id: int, use: str) -> bytes:
    # Each use has a key of its own: none tells anything of another, nor of the secret.
    label = f"de-identification, {use}, workspace {workspace_id}"
    return hmac.digest(_secret(settings.current().data), label.encode("ascii"), hashlib.sha256)


def _secret(data: Path) -> bytes:
    try:
        return (data / "secret.key").read_bytes().strip()
    except OSError as error:
        raise UnavailableError("The gallery's secret cannot be read, so no pseudonyms can be made.") from error
