"""The words of the standard: those kept here are pydicom's, whose own module of them stays out of memory."""

import gzip
import subprocess
import sys
from pathlib import Path

from tools import concept_meanings

HOME = Path(__file__).resolve().parents[2]


def test_the_meanings_kept_here_are_those_that_pydicom_knows() -> None:
    assert gzip.decompress(concept_meanings.FILE.read_bytes()) == concept_meanings.meanings()


def test_no_process_holds_the_codes_or_what_finds_writing_before_it_needs_them() -> None:
    program = (
        "import sys, dicomgallery.factory\n"
        "print([m for m in ('pydicom.sr', 'dicomgallery.imaging.textboxes') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
