"""Shared by the HTTP doors."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Give every HTTP door its identity, errors, headers and filters."""
