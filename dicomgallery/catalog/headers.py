"""Headers kept as DICOM JSON (PS3.18 F), asked whether they hold a word under a keyword."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches, plain_rows
from dicomgallery.catalog.scoping import within
from dicomgallery.dicom.structure import keyword_of
from dicomgallery.dicom.uids import name_of
from dicomgallery.dicom.words import tokens_for
from dicomgallery.models import Header, Instance

DEEPEST = 40


def with_words(scope: Scope, instance_ids: Sequence[int], tokens: Collection[str]) -> set[int]:
    """Those instances whose headers hold all of these `keyword:word` tokens; one without a header has none."""
    found = packed(scope, instance_ids)
    return {instance_id for instance_id, header in found.items() if holds(_read(header), tokens)}


def of(scope: Scope, instance_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The headers of these instances; those that are not read yet are left out."""
    return {instance_id: _read(header) for instance_id, header in packed(scope, instance_ids).items()}


def packed(scope: Scope, instance_ids: Collection[int]) -> dict[int, bytes]:
    """The same as they are kept: JSON, compressed by zlib."""
    found: dict[int, bytes] = {}
    for some in batches(sorted(instance_ids)):
        query = select(Header.instance_id, Header.json_zlib).join(Instance, Header.instance_id == Instance.id)
        found.update(plain_rows(query.where(Header.instance_id.in_(some), within(scope, Instance))))  # type: ignore[arg-type] # pairs
    return found


def holds(header: Mapping[str, Any], tokens: Collection[str]) -> bool:
    """Say whether a header has all of these words, at any depth."""
    asked: dict[str, set[str]] = {}
    for token in tokens:
        keyword, _, word = token.partition(":")
        asked.setdefault(keyword, set()).add(word)
    for keyword, value in _values(header, asked, 0):
        asked[keyword] -= _words(keyword, value)
    return not any(asked.values())


def _read(header: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(zlib.decompress(header))
    return found


def _values(item: Mapping[str, Any], keywords: Collection[str], depth: int) -> Iterator[tuple[str, Any]]:
    for tag, element in item.items():
        values = element.get("Value", ())
        if element.get("vr") == "SQ" and depth < DEEPEST:
            for inner in values:
                if inner:
                    yield from _values(inner, keywords, depth + 1)
            continue
        keyword = keyword_of(int(tag, 16)).casefold()
        if keyword in keywords:
            yield from ((keyword, value) for value in values if value is not None)


def _words(keyword: str, value: Any) -> set[str]:
    if isinstance(value, dict):
        value = "=".join(str(group) for group in value.values())
    texts = [str(value)]
    if isinstance(value, float):
        # A DS of 1.50 is 1.5 in JSON; a whole number may have lost its point.
        texts += [f"{value:g}", f"{value:.1f}", f"{value:.2f}", f"{value:.3f}"]
    if isinstance(value, str) and (name := name_of(value)) != value:
        texts.append(name)
    return {token.partition(":")[2] for text in texts for token in tokens_for(keyword, text)}
