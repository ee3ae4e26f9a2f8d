"""Who asks, for every HTTP door; and what each route demands of them."""

import hashlib
import hmac
from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from dicomgallery import settings
from dicomgallery.access import LOCAL_OWNER, Actor, Permission, demand
from dicomgallery.errors import ForbiddenError
from dicomgallery.serving.attempts import Attempts
from dicomgallery.serving.hosts import is_over_loopback

View = TypeVar("View", bound=Callable[..., object])

SESSION_KEY = "owner"
attempts = Attempts(per_address=5, in_all=60, seconds=60)
"""Wrong passwords, counted in each HTTP process."""


class SignInNeededError(ForbiddenError):
    """Nobody has said who they are yet."""

    def __init__(self) -> None:
        super().__init__("Sign in with the owner's password first.")


class TooManyAttemptsError(ForbiddenError):
    """Too many wrong passwords came from there."""

    def __init__(self) -> None:
        super().__init__("Too many wrong passwords. Wait a minute, then try again.")


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions in signed cookies; programs bring none, and need no signer made for them."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of this request's cookie, or an empty one."""
        if not request.cookies.get(self.get_cookie_name(app)):
            return self.session_class()
        return super().open_session(app, request)


def current_actor() -> Actor:
    """Who asks; raises SignInNeededError when that is not known."""
    if "actor" not in g:
        g.actor = _identified()
    return cast("Actor", g.actor)


def needs(permission: Permission) -> Callable[[View], View]:
    """Mark a route with the right it needs, and hold it to that."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> object:
            demand(current_actor(), permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined] # the mark that a test looks for
        return cast("View", guarded)

    return mark


def open_to_all(reason: str) -> Callable[[View], View]:
    """Mark a route that anyone may ask, and say why."""

    def mark(view: View) -> View:
        view.open_to_all = reason  # type: ignore[attr-defined] # the mark that a test looks for
        return view

    return mark


def password_is_right(password: str) -> bool:
    """Compare with the owner's password in constant time; raises TooManyAttemptsError after many wrong ones."""
    address = request.remote_addr or ""
    if attempts.spent(address):
        raise TooManyAttemptsError
    right = hmac.compare_digest(_digest(password), _digest(settings.current().owner_password))
    if not right:
        attempts.count(address)
    return right


def sign_in() -> None:
    """Remember in the browser that its user knows the owner's password."""
    session.clear()
    session[SESSION_KEY] = _mark()
    session.permanent = True


def sign_out() -> None:
    """Forget who uses this browser."""
    session.clear()


def is_guarded() -> bool:
    """Say whether a password is asked for at all."""
    return bool(settings.current().owner_password)


def _identified() -> Actor:
    if not is_guarded():
        return _on_this_machine()
    if hmac.compare_digest(str(session.get(SESSION_KEY, "")).encode(), _mark().encode()):
        return LOCAL_OWNER
    sent = request.authorization
    if (
        sent is not None
        and sent.type == "basic"
        and sent.username == LOCAL_OWNER.id
        and password_is_right(sent.password or "")
    ):
        return LOCAL_OWNER
    raise SignInNeededError


def _on_this_machine() -> Actor:
    # A server started by hand may listen wider than the settings know: without a password only this machine is served.
    if not is_over_loopback():
        raise ForbiddenError("Set DICOMGALLERY_OWNER_PASSWORD before other machines may use this gallery.")
    return LOCAL_OWNER


def _mark() -> str:
    """What a session holds: bound to the password, so that a new one ends every session."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, settings.current().owner_password.encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
