"""What removal has done to a selection of objects, signed (Ed25519, RFC 8032), so that it proves itself."""

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dicomgallery import __version__
from dicomgallery.deid.check import Leaks, tag_text
from dicomgallery.deid.profile import Override
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import RefusedError

FORMAT: Final = "dicomgallery-deid-report"
VERSION: Final = 1
_ALGORITHM: Final = "Ed25519"
_LARGEST: Final = 256 << 20
_RAW_KEY: Final = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class Outcome(StrEnum):
    """What became of one object."""

    WRITTEN = "written"
    QUARANTINED = "quarantined"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Treated:
    """One object: no name of it and no value, but what its bytes were and are."""

    before_sha256: str
    outcome: Outcome
    after_sha256: str = ""
    """Empty where nothing was given out."""
    actions: Mapping[str, int] = field(default_factory=dict)
    """How often each action of the profile was done."""
    leaks: Leaks | None = None
    """None where nothing could be searched."""
    boxes: Sequence[Box] = ()
    """Areas painted black in every frame."""
    is_reviewed: bool = False
    """A person has looked at its pixels."""
    reason: str = ""
    """Why nothing was given out, in words that name nobody."""
    reviewer: str = ""
    """The account of that person, as the gallery has it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One removal: by which profile, and what came of it."""

    profile: str
    profile_version: str
    options: Sequence[str]
    began: datetime
    ended: datetime
    objects: Sequence[Treated]
    overrides: Sequence[tuple[int, Override]] = ()
    """Attributes that were treated otherwise than the options say, and why."""
    burned_in: str = ""
    """What was done about text in the pixels."""
    number: int = 0
    """The gallery's own number for it."""


def new_key() -> bytes:
    """Make a key to sign with, as PEM (PKCS 8, not encrypted)."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_key(key: bytes) -> bytes:
    """The public half of a key, as PEM; RefusedError when it is no key."""
    held = _private(key).public_key()
    return held.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(run: Run, key: bytes) -> bytes:
    """The report of a run as JSON, signed with a key as PEM; RefusedError when it is none."""
    private = _private(key)
    body = _body(run)
    signature = {
        "algorithm": _ALGORITHM,
        "key": _fingerprint(private.public_key()),
        "value": base64.b64encode(private.sign(_canonical(body))).decode("ascii"),
    }
    return _canonical({"report": body, "signature": signature})


def verify(report: bytes, key: bytes) -> dict[str, Any]:
    """The content of a report that a public key (PEM) has signed; RefusedError says why it is not to be trusted."""
    held = _parsed(report)
    body, signature = held.get("report"), held.get("signature")
    if not isinstance(body, dict) or not isinstance(signature, dict) or held.keys() != {"report", "signature"}:
        raise RefusedError("This is no signed report.")
    if signature.get("algorithm") != _ALGORITHM:
        raise RefusedError("The report is not signed with Ed25519.")
    public = _public(key)
    if signature.get("key") != _fingerprint(public):
        raise RefusedError("The report was signed with another key.")
    try:
        public.verify(base64.b64decode(str(signature.get("value")), validate=True), _canonical(body))
    except (InvalidSignature, ValueError):
        raise RefusedError("The report was changed after it was signed.") from None
    if body.get("format") != FORMAT or body.get("version") != VERSION:
        raise RefusedError("The report is of a kind that is not known here.")
    return body


def _body(run: Run) -> dict[str, Any]:
    actions: Counter[str] = Counter()
    for treated in run.objects:
        actions.update(treated.actions)
    outcomes = Counter(treated.outcome.value for treated in run.objects)
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": __version__,
        "number": run.number,
        "profile": {
            "name": run.profile,
            "version": run.profile_version,
            "options": sorted(run.options),
            "overrides": [
                {"of": tag_text(tag), "action": said.choice.value, "reason": said.reason} for tag, said in run.overrides
            ],
        },
        "burned in": run.burned_in,
        "began": _moment(run.began),
        "ended": _moment(run.ended),
        "counts": {
            "objects": len(run.objects),
            "outcomes": {outcome.value: outcomes[outcome.value] for outcome in Outcome},
            "actions": dict(actions),
            "leaks": sum(len(one.leaks.findings) + one.leaks.left_out for one in run.objects if one.leaks),
            "not searched": sum(one.leaks is None for one in run.objects),
            "boxes": sum(len(one.boxes) for one in run.objects),
            "reviewed": sum(one.is_reviewed for one in run.objects),
            "reviewers": dict(Counter(one.reviewer for one in run.objects if one.reviewer)),
        },
        "objects": [_object(one) for one in run.objects],
    }


def _object(one: Treated) -> dict[str, Any]:
    told: dict[str, Any] = {
        "before": one.before_sha256,
        "after": one.after_sha256,
        "outcome": one.outcome.value,
        "actions": dict(one.actions),
        "boxes": [list(box) for box in one.boxes],
        "reviewed": one.is_reviewed,
        "reviewer": one.reviewer,
        "reason": one.reason,
    }
    if one.leaks is not None:
        told["leak check"] = {
            "clean": one.leaks.is_clean,
            "findings": [
                {"kind": each.kind.value, "where": each.where, "of": tag_text(each.tag)} for each in one.leaks.findings
            ],
            "not listed": one.leaks.left_out,
            "not searched for": one.leaks.unsearched,
        }
    return told


def _canonical(content: object) -> bytes:
    """JSON in one way alone: keys in order, no spaces, no fractions (as RFC 8785 for what is written here)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def _parsed(report: bytes) -> dict[str, Any]:
    if len(report) > _LARGEST:
        raise RefusedError("The report is too large.")
    try:
        held = json.loads(report, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError):
        raise RefusedError("The report is no JSON that can be read in one way.") from None
    if not isinstance(held, dict):
        raise RefusedError("This is no signed report.")
    return held


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different: readers disagree about which of two counts."""
    held = dict(pairs)
    if len(held) != len(pairs):
        raise ValueError
    return held


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fingerprint(key: Ed25519PublicKey) -> str:
    return sha256(key.public_bytes(*_RAW_KEY)).hexdigest()


def _private(key: bytes) -> Ed25519PrivateKey:
    try:
        held = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        held = None
    if not isinstance(held, Ed25519PrivateKey):
        raise RefusedError("The key to sign with is no Ed25519 key in PEM.")
    return held


def _public(key: bytes) -> Ed25519PublicKey:
    try:
        held = serialization.load_pem_public_key(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        held = None
    if not isinstance(held, Ed25519PublicKey):
        raise RefusedError("The key to verify with is no Ed25519 key in PEM.")
    return held
