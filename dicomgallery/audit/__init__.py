"""What was done, by whom, to which rows."""

from dicomgallery.audit.events import Event
from dicomgallery.audit.recording import record

__all__ = ["Event", "record"]
