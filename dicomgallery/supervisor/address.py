"""The address the gallery answers at: whether it is free, and whether it answers."""

import errno
import http.client
import socket
import time

from dicomgallery.errors import ConflictError, SettingError
from dicomgallery.settings import PREFIX, Settings

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  what is compared, not bound

HIGHEST_PORT = 65535


def demand_free(settings: Settings, patience_seconds: float = 1.0) -> None:
    """Return when the port can be had, and OHIF's if there is one, or raise ConflictError saying it is taken.

    A gallery that was killed a moment ago is given `patience_seconds` to let go of it.
    """
    _demand_port(settings.host, settings.port, f"{PREFIX}PORT", "--port ", patience_seconds)
    if settings.ohif_port:
        variable = f"{PREFIX}OHIF_PORT"
        _demand_port(settings.host, settings.ohif_port, variable, f"{variable}=", patience_seconds)


def _demand_port(host: str, port: int, variable: str, chosen_by: str, patience_seconds: float) -> None:
    if port > HIGHEST_PORT:
        raise SettingError(f"{variable} must be at most {HIGHEST_PORT}, not {port}.")
    until = time.monotonic() + patience_seconds
    while True:
        try:
            _bind_once(host, port)
        except socket.gaierror:
            raise SettingError(f"{PREFIX}HOST={host} is not an address of this machine.") from None
        except PermissionError:
            raise SettingError(
                f"Port {port} may only be used by the system's administrator. "
                f"Choose one above 1023: {chosen_by.strip(' =')}."
            ) from None
        except OSError as error:
            if time.monotonic() > until:
                raise ConflictError(_sentence(host, port, chosen_by, error)) from None
            time.sleep(0.1)
        else:
            return


def url(settings: Settings) -> str:
    """Return the address to type into a browser on this machine."""
    host = _ANY.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def answers(settings: Settings) -> bool:
    """Ask the gallery whether it is well."""
    host = _ANY.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _bind_once(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as attempt:
        # REUSEADDR forgives connections that are winding down. REUSEPORT, which the HTTP server's
        # workers share the port by, would not notice another gallery of the same user.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        attempt.bind(address)
        # Two sockets may be bound with REUSEADDR; only one may listen.
        attempt.listen(1)


def _sentence(host: str, port: int, chosen_by: str, error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine ({PREFIX}HOST or --host)."
    return (
        f"Port {port} on {host} is already in use. "
        f"End the program that has it, or choose another: {chosen_by}{port + 1}"
    )
