"""Keys and certificates for tests."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from dicomgallery.deid.decrypting import KeyPair


@dataclass(frozen=True)
class Person:
    """Somebody who can decrypt."""

    pair: KeyPair

    @property
    def certificate(self) -> x509.Certificate:
        return self.pair.certificate

    @property
    def certificate_pem(self) -> bytes:
        return self.pair.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, password: bytes = b"") -> bytes:
        lock = BestAvailableEncryption(password) if password else NoEncryption()
        return self.pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


@lru_cache
def person(name: str) -> Person:
    """The same one for the same name; a key takes a while to be made."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return Person(KeyPair(key, certificate))
