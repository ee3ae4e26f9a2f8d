"""Encrypted attributes opened again with a private key (PS3.15 E.1.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import pkcs7_decrypt_der
from pydicom.dataset import Dataset

from dicomgallery.deid.encrypting import CONTENT, CONTENT_SYNTAX, ENCRYPTED_ATTRIBUTES, MODIFIED_ATTRIBUTES, seal_of
from dicomgallery.dicom import elements, reader, rewriting
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.errors import RefusedError

_SEAL_BYTES: Final = len(seal_of(b""))
_MOST_ITEMS: Final = 100
_SYNTAXES: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})


class NothingEncryptedError(RefusedError):
    """The object has no encrypted attributes."""


class NotARecipientError(RefusedError):
    """They were encrypted for others."""


class WrongKeyError(RefusedError):
    """The private key is not that of the certificate."""


class PasswordError(RefusedError):
    """The private key is locked, and the password is missing or wrong."""


class TamperedError(RefusedError):
    """What was encrypted is not what comes out."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A recipient: a private key and the certificate that attributes were encrypted for."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def read(cls, key_pem: bytes, certificate_pem: bytes, password: bytes | None = None) -> "KeyPair":
        """Read both from PEM; PasswordError, WrongKeyError, or RefusedError in words."""
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem)
        except ValueError as error:
            raise RefusedError("This is no certificate: it must be X.509, as PEM.") from error
        try:
            key = load_pem_private_key(key_pem, password)
        except TypeError as error:
            # It says so both of a locked key without a password and of an open key with one.
            if password is not None:
                return cls.read(key_pem, certificate_pem)
            raise PasswordError("The private key is locked by a password.") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            if password is not None:
                raise PasswordError("The password does not open the private key.") from error
            raise RefusedError("This is no private key that can be read: it must be RSA, as PEM.") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise RefusedError("The private key must be an RSA key.")
        whole = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if key.public_key().public_bytes(*whole) != certificate.public_key().public_bytes(*whole):
            raise WrongKeyError("The private key does not belong to the certificate.")
        return cls(key, certificate)


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What came out of the items of an Encrypted Attributes Sequence."""

    attributes: Dataset
    """As the Modified Attributes Sequence has them."""
    left: Sequence[Dataset]
    """Items for others, which stay closed."""


def decrypted(dataset: Dataset, pair: KeyPair, *, without_seal: bool = False) -> Decrypted:
    """The original attributes of an object, of all items that are for this recipient.

    Raises NothingEncryptedError, NotARecipientError or TamperedError. Other programs write no hash of ours inside;
    `without_seal` takes what they wrote on trust.
    """
    items = elements.items(dataset, ENCRYPTED_ATTRIBUTES)[:_MOST_ITEMS]
    if not items:
        raise NothingEncryptedError("This object has no encrypted attributes.")
    ours = [item for item in items if _is_for(pair.certificate, _content_of(item))]
    if not ours:
        raise NotARecipientError("The attributes of this object are encrypted for others, not for this certificate.")
    attributes = Dataset()
    for item in ours:
        attributes.update(_opened(item, pair, without_seal=without_seal))
    return Decrypted(attributes, [item for item in items if all(item is not one for one in ours)])


def _opened(item: Dataset, pair: KeyPair, *, without_seal: bool) -> Dataset:
    try:
        plain = pkcs7_decrypt_der(_content_of(item), pair.certificate, pair.key, [])
    except UnsupportedAlgorithm as error:
        raise RefusedError("It is encrypted in a way that is not read here; `openssl cms -decrypt` may.") from error
    except ValueError as error:
        raise TamperedError("The encrypted attributes cannot be decrypted: their bytes were changed.") from error
    body = plain[:-_SEAL_BYTES]
    if plain == body + seal_of(body):
        plain = body
    elif not without_seal:
        raise TamperedError("The decrypted attributes do not match the hash inside: their bytes were changed.")
    syntax = elements.first(item, CONTENT_SYNTAX)
    if syntax not in _SYNTAXES:
        raise RefusedError("The encrypted attributes are in a transfer syntax that is not read here.")
    try:
        found = elements.items(reader.read_whole(rewriting.head(Dataset(), syntax) + plain), MODIFIED_ATTRIBUTES)
    except UnreadableError as error:
        raise TamperedError("What was decrypted is no DICOM data set.") from error
    if len(found) != 1:
        raise TamperedError("What was decrypted holds no original attributes.")
    return found[0]


def _content_of(item: Dataset) -> bytes:
    """The CMS message of an item, without the byte that makes its length even."""
    found = elements.as_stored(item, CONTENT)
    value = getattr(found, "value", None)
    data = value if isinstance(value, bytes) else b""
    return data[: _der_length(data)]


def _der_length(data: bytes) -> int:
    """How long the DER value is that stands at the beginning (X.690 8.1.3); all of what is none."""
    if len(data) < 2 or data[1] < 0x80:
        return 2 + data[1] if len(data) >= 2 else len(data)
    many = data[1] & 0x7F
    return 2 + many + int.from_bytes(data[2 : 2 + many], "big") if 0 < many <= 8 else len(data)


def _is_for(certificate: x509.Certificate, content: bytes) -> bool:
    """Say whether a recipient is named by issuer and serial number, as RFC 5652 6.2.1 has it."""
    serial = certificate.serial_number
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return certificate.issuer.public_bytes() + bytes((2, len(number))) + number in content
