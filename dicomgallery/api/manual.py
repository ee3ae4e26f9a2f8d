"""The OpenAPI document as a page tells it: sections, calls, and the shapes of what goes to and fro."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_SCHEMAS: Final = "#/components/schemas/"
_RESPONSES: Final = "#/components/responses/"
_EXAMPLES: Final = {"key": "1", "plane": "axial", "rest": "my-study", "index": "0"}
_MOST_CHOICES: Final = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is, in words, and the shape it has."""

    words: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a shape."""

    name: str
    kind: Kind
    about: str
    place: str = ""
    """query or path, of a parameter."""
    is_required: bool = False
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One way a call is answered."""

    status: str
    sentence: str
    media: Sequence[tuple[str, Kind]]

    @property
    def is_failure(self) -> bool:
        """Say whether something was wrong."""
        return self.status >= "400"


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that can be asked."""

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    parameters: Sequence[Field]
    body: Sequence[tuple[str, Kind]]
    answers: Sequence[Told]
    failures: Sequence[Told]
    example: str
    """For a shell."""


@dataclass(frozen=True, slots=True)
class Section:
    """Calls that stand together."""

    anchor: str
    title: str
    about: str
    calls: Sequence[Call]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object in JSON."""

    name: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Manual:
    """All of it."""

    about: str
    sections: Sequence[Section]
    shapes: Sequence[Shape]

    @property
    def count(self) -> int:
        """How many things can be asked."""
        return sum(len(section.calls) for section in self.sections)


def of(document: Mapping[str, Any], *, root: str) -> Manual:
    """Tell a document; `root` is what the addresses of its examples begin with."""
    calls: dict[str, list[Call]] = {}
    for path, ways in document["paths"].items():
        for method in _METHODS:
            if method in ways:
                call = _call(document, path, method, {**ways[method], "shared": ways.get("parameters", ())}, root)
                calls.setdefault(ways[method]["tags"][0], []).append(call)
    sections = [
        Section(f"section-{number}", tag["name"], tag["description"], calls[tag["name"]])
        for number, tag in enumerate(document["tags"], 1)
        if tag["name"] in calls
    ]
    shapes = [
        Shape(name, _fields(schema)) for name, schema in document["components"]["schemas"].items() if _is_told(schema)
    ]
    return Manual(document["info"]["description"], sections, sorted(shapes, key=lambda shape: shape.name))


def _call(document: Mapping[str, Any], path: str, method: str, way: Mapping[str, Any], root: str) -> Call:
    parameters = [_parameter(one) for one in (*way["shared"], *way.get("parameters", ()))]
    body = way.get("requestBody", {}).get("content", {})
    answers = [_told(document, status, one) for status, one in sorted(way["responses"].items())]
    return Call(
        anchor=way["operationId"],
        method=method.upper(),
        path=path,
        summary=way.get("summary", ""),
        about=way.get("description", ""),
        parameters=parameters,
        body=[(media, _kind(one.get("schema", {}))) for media, one in body.items()],
        answers=[one for one in answers if not one.is_failure],
        failures=[one for one in answers if one.is_failure],
        example=_example(path, method, list(body), parameters, root),
    )


def _parameter(one: Mapping[str, Any]) -> Field:
    schema = one.get("schema", {})
    usual = json.dumps(schema["default"]) if "default" in schema else ""
    return Field(
        one["name"], _kind(schema), one.get("description", ""), one["in"], bool(one.get("required")), usual.strip('"')
    )


def _told(document: Mapping[str, Any], status: str, one: Mapping[str, Any]) -> Told:
    if "$ref" in one:
        one = document["components"]["responses"][one["$ref"].removeprefix(_RESPONSES)]
    media = [(name, _kind(content.get("schema", {}))) for name, content in one.get("content", {}).items()]
    return Told(status, one.get("description") or HTTPStatus(int(status)).phrase, media)


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(name, _kind(one), one.get("description", ""), is_required=name in required)
        for name, one in schema.get("properties", {}).items()
    ]


def _is_told(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("properties"))


def _kind(schema: Mapping[str, Any]) -> Kind:
    """What a schema holds, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        return Kind(name, name)
    if "anyOf" in schema or "allOf" in schema:
        ways = [_kind(one) for one in schema.get("anyOf", schema.get("allOf", ()))]
        return Kind(" or ".join(dict.fromkeys(way.words for way in ways)), next((w.shape for w in ways if w.shape), ""))
    if "items" in schema:
        inner = _kind(schema["items"])
        return Kind(f"list of {inner.words}", inner.shape)
    if schema.get("format") == "binary":
        return Kind("bytes")
    return Kind(" ".join(_words(schema)))


def _words(schema: Mapping[str, Any]) -> Iterator[str]:
    types = schema.get("type", "any")
    yield " or ".join(types) if isinstance(types, list) else types
    if schema.get("format") == "date-time":
        yield "(an instant)"
    choices = [str(one) for one in schema.get("enum", ()) if one is not None]
    if 0 < len(choices) <= _MOST_CHOICES:
        yield f"({', '.join(choices)})"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield f"({least:g} to {most:g})" if most < 1e9 else f"(from {least:g})"


def _example(path: str, method: str, media: Sequence[str], parameters: Sequence[Field], root: str) -> str:
    """The call for a shell, with row 1 in the place of every row."""
    for one in parameters:
        if one.place == "path":
            path = path.replace(f"{{{one.name}}}", _EXAMPLES.get(one.name, "1"))
    asked = [f"{one.name}=1" for one in parameters if one.place == "query" and one.is_required]
    parts = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
    if "application/dicom" in media:
        parts += ["--data-binary", "@file.dcm", "-H", "'Content-Type: application/dicom'"]
    elif "application/json" in media:
        parts += ["-H", "'Content-Type: application/json'", "-d", "'{}'"]
    elif media:
        parts += ["-F", "files=@file.dcm"]
    return " ".join([*parts, f"'{root}{path}{'?' if asked else ''}{'&'.join(asked)}'"])
