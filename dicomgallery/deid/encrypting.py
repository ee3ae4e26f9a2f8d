"""Original attributes kept in the object itself, for whoever holds a private key (PS3.15 E.1.1, PS3.3 C.12.1.1.4.1).

They stand in a Modified Attributes Sequence, written as a DICOM data set of its own with a hash of it at its end; that
is encrypted as CMS enveloped data (RFC 5652) and becomes an item of the Encrypted Attributes Sequence.
"""

import hashlib
from collections.abc import MutableSequence, Sequence
from copy import deepcopy
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES128, AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options
from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, rewriting
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.errors import RefusedError

ENCRYPTED_ATTRIBUTES: Final = 0x04000500
CONTENT_SYNTAX: Final = 0x04000510
CONTENT: Final = 0x04000520
MODIFIED_ATTRIBUTES: Final = 0x04000550
CHARACTER_SET: Final = 0x00080005

SEAL_CREATOR: Final = "DICOM GALLERY SEAL"
_SEAL_BLOCK: Final = 0x04010010
_SEAL: Final = 0x04011001
"""A private element behind all others, so that it speaks for every byte before it."""


class Cipher(StrEnum):
    """What the attributes are encrypted with; the key to it with the public key of each recipient (RSA)."""

    AES_128 = "aes-128-cbc"
    AES_256 = "aes-256-cbc"


_ALGORITHMS: Final[dict[Cipher, type[AES128] | type[AES256]]] = {Cipher.AES_128: AES128, Cipher.AES_256: AES256}


def encrypted(attributes: Dataset, recipients: Sequence[x509.Certificate], cipher: Cipher = Cipher.AES_256) -> Dataset:
    """The item for the Encrypted Attributes Sequence that each of the recipients can open; RefusedError without any.

    Text in `attributes` is in the character set that they name, if they name one.
    """
    if not recipients:
        raise RefusedError("Nobody is named who could decrypt it: give at least one certificate.")
    try:
        builder = PKCS7EnvelopeBuilder().set_data(sealed(encoded(attributes)))
        builder = builder.set_content_encryption_algorithm(_ALGORITHMS[cipher])
        for one in dict.fromkeys(recipients):
            builder = builder.add_recipient(one)
        content = builder.encrypt(Encoding.DER, [PKCS7Options.Binary])
    except (UnsupportedAlgorithm, TypeError) as error:
        raise RefusedError("It can only be encrypted for certificates with RSA keys.") from error
    item = Dataset()
    item.add_new(CONTENT_SYNTAX, "UI", EXPLICIT_LITTLE_ENDIAN)
    # PS3.3 C.12.1.1.4.1: one byte makes its length even, and is no part of the CMS message.
    item.add_new(CONTENT, "OB", content + b"\0" * (len(content) % 2))
    return item


def certificates_in(pem: bytes) -> list[x509.Certificate]:
    """The X.509 certificates of a PEM file, those that can be encrypted for; RefusedError in words."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise RefusedError("This is no certificate: it must be X.509, as PEM.") from error
    if not all(isinstance(one.public_key(), rsa.RSAPublicKey) for one in found):
        raise RefusedError("It can only be encrypted for certificates with RSA keys.")
    return found


def encoded(attributes: Dataset) -> bytes:
    """The data set that is encrypted, in explicit little endian; UnreadableError for what cannot be written."""
    attributes = deepcopy(attributes)
    _name_encoding(attributes, convert_encodings(elements.texts(attributes, CHARACTER_SET)))
    inside = rewriting.in_item(rewriting.anew(attributes, {}))
    before = Dataset()
    if CHARACTER_SET in attributes:
        before[CHARACTER_SET] = attributes[CHARACTER_SET]
    return rewriting.anew(before, {MODIFIED_ATTRIBUTES: ("SQ", inside)})


def sealed(body: bytes) -> bytes:
    """The same with its hash behind it."""
    return body + seal_of(body)


def seal_of(body: bytes) -> bytes:
    """Two private elements that hold the SHA-256 of all before them."""
    creator = rewriting.element(_SEAL_BLOCK, "LO", SEAL_CREATOR.encode("ascii"))
    return creator + rewriting.element(_SEAL, "OB", hashlib.sha256(body).digest())


def _name_encoding(dataset: Dataset, encodings: MutableSequence[str]) -> None:
    """Say in which encoding text is written that was not read from a file, at every level."""
    if not dataset.original_character_set:
        dataset.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding=encodings)
    for tag in map(int, dataset.keys()):
        for item in elements.items(dataset, tag):
            _name_encoding(item, encodings)
