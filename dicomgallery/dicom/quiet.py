"""pydicom kept from quoting values: its warnings and log lines repeat names and identifiers from the file."""

import logging
import sys

from pydicom import config


def silence_pydicom() -> None:
    """Make pydicom neither warn, log nor refuse because of a value; the process may call this again at no cost.

    `warnings` filters are no answer: they are global to the process and not safe between threads.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("pydicom") and hasattr(module, "warn_and_log"):
            module.warn_and_log = _say_nothing  # type: ignore[attr-defined]
    config.settings.reading_validation_mode = config.IGNORE
    # A number of the wrong length is kept as bytes; left alone, pydicom raises when it is looked at.
    config.convert_wrong_length_to_UN = True
    logger = logging.getLogger("pydicom")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)


def _say_nothing(msg: str, category: type[Warning] | None = None, stacklevel: int = 1) -> None:
    """Take the place of pydicom.misc.warn_and_log."""
