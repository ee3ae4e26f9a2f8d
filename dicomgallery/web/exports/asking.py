"""What the form of an export asks for, read with care."""

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from dicomgallery.errors import RefusedError
from dicomgallery.services.exports import TURNING, Asked, Kind, Of
from dicomgallery.web.look import Look

Number = TypeVar("Number", int, float)

_LONGEST: Final = 24
_LONGEST_LOOK: Final = 200


def asked(form: Mapping[str, str]) -> Asked:
    """What a form asks for; RefusedError in a sentence when it makes no sense."""
    kind, of = form.get("kind", ""), form.get("of") or Of.STACK.value
    if kind not in set(Kind):
        raise RefusedError("Choose what the series is to leave as.")
    if of not in set(Of):
        raise RefusedError(
            "Pictures are of the slices as they are, of axial, coronal or sagittal planes, or of a turning volume."
        )
    look = look_of(form)
    if look.complaints:
        raise RefusedError("A window needs a center and a width above zero, both numbers.")
    usual, with_marks = Asked(Kind.PNG), of == Of.STACK and form.get("marks") == "1"
    return Asked(
        kind=Kind(kind),
        of=Of(of),
        first=_given(_whole(form, "first", "The first picture"), usual.first),
        last=_whole(form, "last", "The last picture"),
        step=_given(_whole(form, "step", "Every how many"), usual.step),
        fps=_given(_real(form, "fps", "The pictures a second"), usual.fps),
        longest_side=_given(_whole(form, "side", "The longest side"), usual.longest_side),
        window=look.window,
        auto=look.auto,
        voi=look.voi,
        invert=look.invert,
        plain=look.plain,
        wanted_set=_given(_whole(form, "set", "The number of a time point"), usual.wanted_set),
        marks=with_marks,
        names=with_marks and form.get("names") == "1",
        degrees=_given(_real(form, "degrees", "The degrees between two pictures"), usual.degrees),
        tilt=_given(_real(form, "tilt", "The tilt"), usual.tilt),
        threshold=_real(form, "threshold", "The value at which a surface begins"),
    )


def look_of(values: Mapping[str, str]) -> Look:
    """How the pictures are looked at: by the parameters of the viewer, or by those packed into `look`."""
    packed = dict(parse_qsl(values.get("look", "")[:_LONGEST_LOOK]))
    own = {name: values[name] for name in ("center", "width", "window", "invert", "overlays") if name in values}
    return Look.parse({**own, **packed}, frames=0)


def fields_of(asked: Asked) -> dict[str, str]:
    """The form that asks for the same again."""
    fields = {"kind": asked.kind.value, "of": asked.of.value}
    numbers = {"first": asked.first, "step": asked.step, "side": asked.longest_side}
    fields |= {name: str(number) for name, number in numbers.items()} | {"fps": f"{asked.fps:g}"}
    fields |= {"last": str(asked.last)} if asked.last is not None else {}
    fields |= {"set": str(asked.wanted_set)} if asked.wanted_set > 1 else {}
    fields |= {name: "1" for name, is_so in (("marks", asked.marks), ("names", asked.names)) if is_so}
    if asked.of in TURNING:
        fields |= {"degrees": f"{asked.degrees:g}", "tilt": f"{asked.tilt:g}"}
        fields |= {"threshold": f"{asked.threshold:g}"} if asked.threshold is not None else {}
    look = Look(window=asked.window, auto=asked.auto, voi=asked.voi, invert=asked.invert, plain=asked.plain)
    return fields | dict(parse_qsl(look.query().removeprefix("?")))


def _whole(form: Mapping[str, str], name: str, what: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= _LONGEST):
        raise RefusedError(f"{what} must be a whole number.")
    return int(text)


def _real(form: Mapping[str, str], name: str, what: str) -> float | None:
    text = form.get(name, "").strip()
    try:
        return float(text[:_LONGEST]) if text else None
    except ValueError:
        raise RefusedError(f"{what} must be a number.") from None


def _given(number: Number | None, usual: Number) -> Number:
    return usual if number is None else number
