"""A render spec is a picture's name: the name says all of it, and only one name says it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomgallery.imaging.spec import FULL, THUMBNAIL, Fit, Format, RenderSpec, Window

windows = st.builds(
    Window,
    st.floats(-1e9, 1e9, allow_nan=False),
    st.floats(1e-6, 1e9, allow_nan=False),
)
looks = st.one_of(
    st.fixed_dictionaries({"window": windows}),
    st.fixed_dictionaries({"auto": st.booleans()}),
    st.fixed_dictionaries({"voi": st.none() | st.integers(1, 999)}),
)
specs = st.builds(
    lambda look, **rest: RenderSpec(**look, **rest),
    looks,
    frame=st.none() | st.integers(1, 1_000_000),
    width=st.none() | st.integers(16, 8192),
    fit=st.sampled_from(Fit),
    state=st.none() | st.integers(1, (1 << 63) - 1),
    plain=st.booleans(),
    invert=st.booleans(),
    format=st.sampled_from([Format.JPEG, Format.PNG]),
    quality=st.integers(1, 100),
)


@pytest.mark.parametrize("both", [{"auto": True, "voi": 2}, {"window": Window(40, 400), "voi": 2}])
def test_a_picture_has_one_window(both: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="only one"):
        RenderSpec(**both)


@pytest.mark.parametrize(
    "also",
    [
        {"frame": None},
        {"width": 256},
        {"window": Window(40, 400)},
        {"auto": True},
        {"voi": 1},
        {"state": 7},
        {"plain": True},
        {"invert": True},
        {"layer": 0},
    ],
)
def test_values_are_those_of_a_frame_and_of_nothing_else(also: dict[str, Any]) -> None:
    assert RenderSpec.from_token("f3-native.values") == RenderSpec(frame=3, format=Format.VALUES)
    with pytest.raises(ValueError, match=r"values of a frame|values are those|only a PNG"):
        RenderSpec(**{"frame": 3, "format": Format.VALUES} | also)


@given(specs)
def test_a_token_reads_back_as_the_same_spec(spec: RenderSpec) -> None:
    token = spec.token()

    assert RenderSpec.from_token(token) == spec
    assert re.fullmatch(r"[a-z0-9.-]{1,110}", token)
    assert token.endswith(f".{spec.format}")


@given(specs, specs)
def test_two_specs_share_a_token_only_when_they_are_equal(one: RenderSpec, other: RenderSpec) -> None:
    assert (one.token() == other.token()) == (one == other)


@pytest.mark.parametrize(
    ("spec", "token"),
    [
        (THUMBNAIL, "w256-cover-q85.jpg"),
        (FULL, "native.png"),
        (RenderSpec(frame=3, width=256, fit=Fit.COVER), "f3-w256-cover-q85.jpg"),
        (RenderSpec(window=Window(40, 400), format=Format.PNG), "native-c40-w400.png"),
        (RenderSpec(frame=3, format=Format.VALUES), "f3-native.values"),
        (RenderSpec(state=42, plain=True, format=Format.PNG), "native-s42-plain.png"),
        (RenderSpec(window=Window(-600, 1500.5), invert=True), "native-c-600-w1500.5-invert-q85.jpg"),
    ],
)
def test_tokens_are_short_and_can_be_read_by_a_person(spec: RenderSpec, token: str) -> None:
    assert spec.token() == token
    assert RenderSpec.from_token(token) == spec


@pytest.mark.parametrize(
    "token",
    [
        "",
        "native",
        "native.bmp",
        "native.jpg",
        "native-q085.jpg",
        "native-q0.jpg",
        "native-q101.jpg",
        "native-q85.png",
        "native.values",
        "f3-native-q85.values",
        "f3-w256-contain.values",
        "f0-native.png",
        "f1000001-native.png",
        "f01-native.png",
        "w15-cover-q85.jpg",
        "w9999-cover-q85.jpg",
        "w256-q85.jpg",
        "native-c40.png",
        "native-c40-w0.png",
        "native-c40-w-1.png",
        "native-c40.0-w400.png",
        "native-c-0-w400.png",
        "native-c12345678-w400.png",
        "native-auto-c40-w400.png",
        "native-s0.png",
        "native-s042.png",
        "native-s9999999999999999999.png",
        "native-plain-s42.png",
        "native.png\n",
        "../native.png",
        "native-c４０-w400.png",
        "NATIVE.png",
    ],
)
def test_what_token_would_not_write_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        RenderSpec.from_token(token)


def test_settings_that_change_nothing_do_not_make_another_spec() -> None:
    assert RenderSpec(format=Format.PNG, quality=10) == RenderSpec(format=Format.PNG)
    assert RenderSpec(fit=Fit.COVER) == RenderSpec(fit=Fit.CONTAIN)
    assert hash(RenderSpec(window=Window(0.1 + 0.2, 1))) == hash(RenderSpec(window=Window(0.3, 1)))


@pytest.mark.parametrize("level", [float("nan"), float("inf"), 1e10])
def test_a_window_of_impossible_numbers_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(level, 1)
    with pytest.raises(ValueError, match="window"):
        Window(1, level)
