"""Which names the gallery answers to, and where a request comes from.

A page of another site can make its own name point at this machine (DNS rebinding) and would then be same-site with
us; but it cannot choose the Host header. Names of this machine, addresses, and what the operator trusts are answered.
"""

import ipaddress

from flask import request
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.utils import host_is_trusted

from dicomgallery import settings

_PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def check() -> None:
    """Refuse a request whose Host is no name of this gallery."""
    if not is_ours(request.headers.get("Host", "")):
        raise BadRequest(
            "The gallery does not answer to this host name. Add it to DICOMGALLERY_TRUSTED_HOSTS if it should."
        )


def is_ours(host: str) -> bool:
    """Say whether a Host header names this gallery."""
    if not host_is_trusted(host):
        return False
    name = without_port(host)
    if name in LOOPBACK:
        return True
    chosen = settings.current()
    if chosen.trusted_hosts and host_is_trusted(name, chosen.trusted_hosts):
        return True
    # An address cannot be rebound; a name can.
    return not chosen.is_loopback and (name == chosen.host.lower() or _is_address(name))


def without_port(host: str) -> str:
    """The name in a Host header that is one of ours."""
    name = host.lower()
    return name[: name.index("]") + 1] if name.startswith("[") else name.partition(":")[0]


def is_from_this_machine() -> bool:
    """Say whether whoever asks sits at this machine; behind a proxy on it that cannot be told, and is not said."""
    return is_over_loopback() and not any(name in request.headers for name in _PASSED_ON)


def is_over_loopback() -> bool:
    """Say whether the connection comes from this machine: of a person, a program, or a proxy on it."""
    address = request.remote_addr or ""
    return not address or address.startswith("127.") or address in {"::1", "::ffff:127.0.0.1"}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
