"""Telling a person what was done, on the page they see next."""

from typing import Any

from flask import flash


def say(text: str, kind: str = "good", *, undo: str = "", href: str = "", link: str = "") -> None:
    """Flash a sentence, with a way to undo what it says or to see it."""
    more = {"undo": undo, "href": href, "link": link}
    message: Any = {"text": text, **{name: value for name, value in more.items() if value}}
    flash(message, kind)
