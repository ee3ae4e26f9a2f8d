"""Media types with their parameters, as senders write them.

Many leave the quotes out that RFC 2045 5.1 asks for around a slash or an equals sign, which is where a strict reader
would end the value.
"""

import re
from typing import Final

LONGEST: Final = 2000
_PARAMETER: Final = re.compile(r';\s*([^\s;="]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)')
_ESCAPED: Final = re.compile(r"\\(.)")


def media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, names in lower case; empty where there is none."""
    text = text[:LONGEST]
    found: dict[str, str] = {}
    for name, value in _PARAMETER.findall(text):
        quoted = value.startswith('"')
        found.setdefault(name.lower(), _ESCAPED.sub(r"\1", value[1:-1]) if quoted else value.strip())
    return text.partition(";")[0].strip().lower(), found
