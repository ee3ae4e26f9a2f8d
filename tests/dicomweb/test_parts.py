"""Multipart bodies are read the same however they arrive, and nothing that arrives does harm."""

import io
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dicomgallery.dicomweb.parts import DamagedError, read_parts
from tests.dicomweb.bodies import EDGE, multipart

EDGES = st.text("abcXYZ019'()+_,-./:=?", min_size=1, max_size=70)
NEAR = st.sampled_from(
    [b"\r\n--", b"\r\n--edge", b"\r\n--edge-", b"--edge\r\n", b"\n--edge\r\n", b"\r", b"\n", b"-", b""]
)
CONTENTS = st.lists(st.binary(max_size=60) | NEAR | st.lists(NEAR, max_size=4).map(b"".join), max_size=5)


class Trickle:
    """A stream that gives its bytes in bites of sizes that come round."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = io.BytesIO(data)
        self._sizes = sizes or [1]
        self._turn = 0

    def read(self, size: int, /) -> bytes:
        self._turn += 1
        return self._data.read(min(size, self._sizes[self._turn % len(self._sizes)]))


def parts(data: bytes, edge: str = EDGE, sizes: list[int] | None = None) -> list[tuple[dict[str, str], bytes]]:
    return [(part.headers, content(part)) for part in read_parts(Trickle(data, sizes or [1 << 20]), edge)]


def content(part: object) -> bytes:
    return b"".join(iter(lambda: part.read(1 << 16), b""))  # type: ignore[attr-defined]


@given(
    contents=CONTENTS,
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=5),
    line=st.sampled_from([b"\r\n", b"\n"]),
)
def test_parts_are_the_same_in_whatever_bites_they_come(contents: list[bytes], sizes: list[int], line: bytes) -> None:
    body, _ = multipart(list(contents), edge="edge'-1", line=line)

    found = parts(body, "edge'-1", sizes)

    assert [one for _, one in found] == contents


@given(edge=EDGES, contents=st.lists(st.binary(max_size=40), min_size=1, max_size=3))
def test_any_boundary_of_the_standard_holds_parts_apart(edge: str, contents: list[bytes]) -> None:
    near = [b"\r\n--" + edge.encode() + b"x" + one for one in contents]
    body, _ = multipart(list(near), edge=edge)

    assert [one for _, one in parts(b"words before\r\n" + body + b"words after", edge, [7])] == near


@given(data=st.binary(max_size=200), sizes=st.lists(st.integers(1, 30), min_size=1, max_size=3))
@example(b"--e", [1])
@example(b"--e\r\n", [1])
@example(b"--e\r\n\r\n--e--", [1])
@example(b"--e--", [2])
def test_bytes_of_every_kind_are_parts_or_a_refusal(data: bytes, sizes: list[int]) -> None:
    for begun in (b"", b"--e\r\n", b"--e\r\n\r\n", b"--e\n\n"):
        found = []
        with suppress(DamagedError):
            found = parts(begun + data, "e", sizes)
        assert sum(len(one) for _, one in found) <= len(data)


@given(cut=st.integers(1, 400), sizes=st.lists(st.integers(1, 50), min_size=1, max_size=3))
def test_a_body_that_is_cut_says_so_and_gives_the_parts_before(cut: int, sizes: list[int]) -> None:
    body, _ = multipart([b"first" * 20, b"second" * 30])
    whole: list[bytes] = []

    # The last line needs no end of its own.
    with pytest.raises(DamagedError):
        whole.extend(content(part) for part in read_parts(Trickle(body[: -min(cut, len(body)) - 2], sizes), EDGE))

    assert whole == [b"first" * 20, b"second" * 30][: len(whole)]


def test_headers_are_read_folded_or_in_capitals_and_may_be_missing() -> None:
    head = b"CONTENT-TYPE: image/jls;\r\n transfer-syntax=1.2\r\nContent-Location : a:b\r\n"
    body = b"--e\r\n" + head + b"\r\nx\r\n--e\r\n\r\ny\r\n--e--"

    (first, one), (second, two) = parts(body, "e")

    assert first == {"content-type": "image/jls; transfer-syntax=1.2", "content-location": "a:b"}
    assert (one, second, two) == (b"x", {}, b"y")


def test_a_part_without_content_may_end_at_once() -> None:
    assert parts(b"--e\r\nA: b\r\n\r\n--e\r\n\r\n\r\n--e--", "e") == [({"a": "b"}, b""), ({}, b"")]


def test_spaces_may_follow_a_boundary_but_no_words() -> None:
    body = b"--e \t\r\n\r\none\r\n--e two\r\n--e--three\r\n--e  \r\n\r\nfour\r\n--e--  \r\nafter"

    assert [one for _, one in parts(body, "e")] == [b"one\r\n--e two\r\n--e--three", b"four"]


@pytest.mark.parametrize(
    ("body", "edge"),
    [
        (b"", "e"),
        (b"no parts", "e"),
        (b"--e\r\n\r\nx\r\n--e--", ""),
        (b"--e\r\n\r\nx\r\n--e--", "e" * 71),
        (b"--e\r\n\r\nx\r\n--e--", "e\r\n"),
        (b"x" * 200_000 + b"\r\n--e\r\n\r\nx\r\n--e--", "e"),
        (b"\n" * 200_000 + b"--e\r\n\r\nx\r\n--e--", "e"),
        (b"--e\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\nx\r\n--e--", "e"),
        (b"--e\r\n" + b"A: b\r\n" * 10_000 + b"\r\nx\r\n--e--", "e"),
    ],
)
def test_what_is_no_multipart_is_refused_in_words(body: bytes, edge: str) -> None:
    with pytest.raises(DamagedError, match=r"\.$"):
        parts(body, edge)


def test_what_is_left_unread_of_a_part_is_passed_over() -> None:
    body, _ = multipart([b"a" * 300_000, b"b" * 300_000, b"c"])

    assert [part.read(10) for part in read_parts(io.BytesIO(body), EDGE)] == [b"a" * 10, b"b" * 10, b"c"]
