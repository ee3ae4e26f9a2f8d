"""Requests and answers: the only place that knows httpx, and where failures become exceptions."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, TypeVar

try:
    import httpx
except ImportError as missing:
    raise ImportError("dicomgallery.client needs httpx: `pip install -r requirements-client.txt`.") from missing

from dicomgallery.client.errors import BusyError, GalleryError, UnreachableError, problem_of

CONNECTIONS: Final = 4
"""Requests of one call that run at once."""
_FIRST_WAIT_SECONDS: Final = 0.25
_LONGEST_WAIT_SECONDS: Final = 15.0
_PATIENCE: Final = httpx.Timeout(60, connect=10)
_LONG_PATIENCE: Final = httpx.Timeout(600, connect=10)
"""What was sent is looked at and stored before the answer comes."""
_PIECE: Final = 1 << 20

Answer = TypeVar("Answer")
Transport = httpx.BaseTransport
Query = Mapping[str, str | int | float | bool | list[str]]


class Connection:
    """One gallery, spoken to over a few connections that are kept open; safe to use by several threads."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None, *, transport: Transport | None = None) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("Write the gallery's address with http:// or https:// before it.")
        # What stands in the environment (a proxy, a netrc) is not asked: patients' files go where somebody said.
        self._http = httpx.Client(
            base_url=url,
            auth=auth,
            timeout=_PATIENCE,
            transport=transport,
            trust_env=False,
            headers={"Accept": "application/json", "User-Agent": "dicomgallery-client"},
            limits=httpx.Limits(max_connections=4 * CONNECTIONS, max_keepalive_connections=2 * CONNECTIONS),
        )

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def get(self, path: str, query: Query | None = None, *, accept: str = "application/json") -> httpx.Response:
        """Ask; asked again after a moment where the connection drops or the gallery is busy."""
        return patiently(lambda: self._send("GET", path, query, headers={"Accept": accept}))

    def told(self, path: str, query: Query | None = None) -> Any:
        """The JSON that an address tells."""
        return _json(self.get(path, query))

    def post(self, path: str, body: object = None, query: Query | None = None, *, method: str = "POST") -> Any:
        """Send JSON, once; the answer's JSON."""
        return _json(self._send(method, path, query, json=body))

    def send(self, path: str, body: Iterable[bytes], size_bytes: int, query: Query, headers: Mapping[str, str]) -> Any:
        """Stream a body, once; the answer's JSON, also of a 422 that tells of each file."""
        known = {**headers, "Content-Length": str(size_bytes)}
        return _json(self._send("POST", path, query, content=body, headers=known, timeout=_LONG_PATIENCE))

    @contextmanager
    def pieces(self, path: str, query: Query | None = None) -> Iterator[Iterator[bytes]]:
        """The body of an answer while it arrives; UnreachableError when it breaks off."""
        try:
            with self._http.stream("GET", path, params=query, headers={"Accept": "*/*"}) as response:
                if not response.is_success:
                    response.read()
                    raise _failure(response)
                yield response.iter_bytes(_PIECE)
        except httpx.RequestError as error:
            raise _unreachable(error) from error

    def _send(self, method: str, path: str, query: Query | None, **more: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, params=query, **more)
        except httpx.RequestError as error:
            raise _unreachable(error) from error
        if response.is_success or _is_receipt(response):
            return response
        raise _failure(response)


def patiently(deed: Callable[[], Answer], tries: int = 3) -> Answer:
    """Do a deed; again, after ever longer waits, while the connection drops or the gallery is busy."""
    for number in range(tries - 1):
        try:
            return deed()
        except (UnreachableError, BusyError):
            time.sleep(min(_FIRST_WAIT_SECONDS * 4**number, _LONGEST_WAIT_SECONDS))
    return deed()


def _is_receipt(response: httpx.Response) -> bool:
    """Say whether a 422 is the answer of an upload of which nothing could be kept; each file says why."""
    return response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "receipt" in _told(response)


def _failure(response: httpx.Response) -> GalleryError:
    return problem_of(response.status_code, _told(response))


def _told(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise GalleryError("Something answers at this address that is no gallery.") from error


def _unreachable(error: httpx.RequestError) -> UnreachableError:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return UnreachableError("No gallery answers at this address. Is it running?")
    if isinstance(error, httpx.TimeoutException):
        return UnreachableError("The gallery did not answer in time.")
    return UnreachableError(f"The connection to the gallery dropped ({type(error).__name__}).")
