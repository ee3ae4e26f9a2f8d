"""Whole numbers as URLs ask for them."""

from typing import Final

HIGHEST: Final = 999_999_999
_MOST_DIGITS: Final = 19


def whole(text: str, highest: int = HIGHEST) -> int | None:
    """The number that a text is, from 0 to the highest; None for any other text."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= highest else None
