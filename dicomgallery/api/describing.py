"""Routes that tell of themselves: what they read, what they answer, how they fail.

flask-smorest makes the document of it: type lists for null, blueprints in place of an application class of its own,
errors left to us; importing it takes 1.6 MB and 50 ms (the whole door 4.5 MB a process). APIFlask took 9.1 MB,
flask-openapi3 8.0, spectree 8.4 with its models; they want an application class of their own, say null by pydantic's
`anyOf`, or answer errors in a shape of their own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

import orjson
from flask import Flask, Response
from flask_smorest import Api
from marshmallow import Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from dicomgallery.errors import RefusedError, TooLargeError
from dicomgallery.serving.errors import sentence_of, title_of

if TYPE_CHECKING:
    from flask import Blueprint as Base
else:
    from flask_smorest import Blueprint as Base

View = TypeVar("View", bound=Callable[..., Any])

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
ALWAYS: Final = (400, 401, 403, 405, 429, 500, 503)
"""How any route may fail: an unknown host, nobody signed in, no right, a slash that makes it another address, too many
passwords, a defect, a busy disk."""
BINARY: Final[Mapping[str, Any]] = {"type": "string", "format": "binary"}
TEXT: Final[Mapping[str, Any]] = {"type": "string"}
_UNKNOWN: Final = "There is a field in it that is not known here."
_MOST_TOLD: Final = 10


class Problem(Schema):
    """How `/api` says that it cannot (RFC 9457)."""

    type = fields.String(required=True, metadata={"description": "Always `about:blank`: the status says what it is."})
    title = fields.String(required=True, metadata={"description": "The status in a few words."})
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "A sentence for a person."})
    request_id = fields.String(metadata={"description": "What the gallery's log calls this request."})


class Parser(FlaskParser):
    """Refuses what does not fit in our own words; what an address says besides is not looked at."""

    def handle_error(
        self,
        error: ValidationError,
        req: object,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Refuse in a sentence."""
        raise RefusedError(_sentence(error, schema)) from error

    def load_json(self, req: Any, schema: Schema) -> Any:
        """The JSON object of the body; no body is an empty one."""
        try:
            body = orjson.loads(req.get_data(cache=False) or b"{}")
        except RequestEntityTooLarge as error:
            raise TooLargeError.over(req.max_content_length) from error
        except (ValueError, ClientDisconnected) as error:
            raise RefusedError("The body must be JSON.") from error
        if not isinstance(body, dict):
            raise RefusedError("The body must be a JSON object.")
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    """One way a route answers."""

    status: int
    sentence: str
    content: Any = None
    """A schema, as marshmallow or OpenAPI says it."""
    media: tuple[str, ...] = (JSON,)


class Blueprint(Base):
    """Routes that stand together in the document, under a title."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, *, title: str, about: str, url_prefix: str = "/api/v1") -> None:
        super().__init__(name, import_name, url_prefix=url_prefix or None)
        self.title = title
        self.description = about

    def reads(self, schema: type[Schema], location: str = "query") -> Callable[[View], View]:
        """Hand the view, as its last argument, what was sent: checked by a schema, and as this loads it."""
        taking = self.arguments(schema, location=location)  # type: ignore[attr-defined] # of flask-smorest
        return cast("Callable[[View], View]", taking)

    def answers(self, *told: Answer, fails: Iterable[int] = (), **more: Any) -> Callable[[View], View]:
        """Tell how a route answers and fails; `more` stands in the document as it is."""
        responses: dict[str, Any] = {str(status): _name(status) for status in sorted({*ALWAYS, *fails})}
        for one in told:
            content = {} if one.content is None else {media: {"schema": one.content} for media in one.media}
            known = responses.get(str(one.status))
            told_before = known["content"] if isinstance(known, dict) else {}
            responses[str(one.status)] = {"description": one.sentence, "content": {**told_before, **content}}
        document = self.doc(responses=responses, **more)  # type: ignore[attr-defined] # of flask-smorest
        return cast("Callable[[View], View]", document)

    def enter(self, api: Api, app: Flask) -> None:
        """Enter the routes into a document; the application knows them already."""
        self.register_views_in_doc(api, app, api.spec, name=self.name, parameters=None)  # type: ignore[attr-defined]
        api.spec.tag({"name": self.title, "description": self.description})

    def add_url_rule(self, rule: str, *args: Any, tags: Iterable[str] | None = None, **options: Any) -> None:
        """As Flask's; in the document the route stands under the title."""
        super().add_url_rule(rule, *args, tags=list(tags or (self.title,)), **options)


class Document(Api):  # type: ignore[misc] # it has no types
    """The collector of the document, which leaves the application's errors to `serving.errors`."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Register none: flask-smorest would answer every failure of the application."""

    def _register_responses(self) -> None:
        """Name the ways to fail, each a problem."""
        for status in (400, 401, 403, 404, 405, 406, 409, 413, 415, 416, 422, 429, 500, 503, 507):
            content = {PROBLEM: {"schema": Problem}}
            self.spec.components.response(_name(status), {"description": sentence_of(status), "content": content})


def ok(content: Any, sentence: str, *media: str) -> Answer:
    """The usual answer of a route."""
    return Answer(200, sentence, content, media or (JSON,))


def told(schema: type[Schema], what: object, status: int = 200, *, only: Iterable[str] | None = None) -> Response:
    """A thing as JSON, as its schema says; with `only`, these fields of it."""
    return as_json(_schema(schema, None if only is None else tuple(only)).dump(what), status)


def told_page(
    schema: type[Schema], items: Iterable[object], following: str | None, *, only: Iterable[str] | None = None
) -> Response:
    """A page of a list as JSON, and where the next begins; with `only`, these fields of each."""
    dumped = _schema(schema, None if only is None else tuple(only)).dump(list(items), many=True)
    return as_json({"items": dumped, "next": following})


def as_json(body: object, status: int = 200) -> Response:
    """Plain things as JSON."""
    return Response(orjson.dumps(body), status, mimetype=JSON)


def page_of(schema: type[Schema]) -> type[Schema]:
    """The schema of a page of a list."""
    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Send it as `cursor` for what follows; null at the end."},
    )
    items = fields.List(fields.Nested(schema), required=True)
    return Schema.from_dict({"items": items, "next": next_cursor}, name=f"{schema.__name__}Page")


@lru_cache(maxsize=256)
def _schema(schema: type[Schema], only: tuple[str, ...] | None) -> Schema:
    return schema(only=only)


def _name(status: int) -> str:
    """What the document calls a failure."""
    return "".join(word.capitalize() for word in title_of(status).split())


def _sentence(error: ValidationError, schema: Schema) -> str:
    """What does not fit, by the names that the schema knows: others may be anything."""
    names = {field.data_key or name for name, field in schema.fields.items()}
    found: dict[str, None] = {}
    # By where it was sent first: query or json.
    for sent in error.messages_dict.values():
        for name, what in sent.items() if isinstance(sent, dict) else [("", sent)]:
            words = " ".join(dict.fromkeys(_leaves(what)))
            found[f"“{name}”: {words}" if name in names else words if not name else _UNKNOWN] = None
    return " ".join(list(found)[:_MOST_TOLD])


def _leaves(what: object) -> Iterator[str]:
    if isinstance(what, dict | list):
        for below in what.values() if isinstance(what, dict) else what:
            yield from _leaves(below)
    else:
        yield str(what)
