"""Texts as cells of tables that leave for spreadsheets and programs."""

from typing import Final

_RUNS: Final = "=+-@\t\r"
"""A cell that begins with one of these is run as a formula by a spreadsheet."""


def cell(text: str) -> str:
    """A text as a CSV cell (RFC 4180), always in quotes, and never a formula."""
    return f'"{harmless(text).replace(chr(34), chr(34) * 2)}"'


def harmless(text: str) -> str:
    """A text as no spreadsheet runs it: one that would be a formula stands behind an apostrophe."""
    return f"'{text}" if text and text[0] in _RUNS else text


def meant(text: str) -> str:
    """What a cell of such a table says when it comes back."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in _RUNS else text
