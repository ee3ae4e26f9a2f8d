"""Write what wording.py knows of the standard's concepts anew, after pydicom was: `python tools/concept_meanings.py`.

Their meanings alone are a thirtieth of what pydicom's module of codes takes in memory.
"""

import gzip
from pathlib import Path
from typing import Any, Final

from pydicom.sr._concepts_dict import concepts

FILE: Final = Path(__file__).resolve().parent.parent / "dicomgallery/deid/data/concept_meanings.txt.gz"


def meanings() -> bytes:
    """One meaning a line, in lower case and ASCII, in order."""
    schemes: Any = concepts
    texts = [text for names in schemes.values() for codes in names.values() for text, _ in codes.values()]
    return b"\n".join(sorted({text.lower().encode("ascii", "ignore") for text in texts}))


if __name__ == "__main__":
    FILE.write_bytes(gzip.compress(meanings(), 9, mtime=0))
