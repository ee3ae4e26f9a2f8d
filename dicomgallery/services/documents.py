"""Documents that travel inside DICOM objects, on their way out."""

from dataclasses import dataclass
from typing import Final

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.dicom.documents import Document, document_of
from dicomgallery.errors import NotFoundError
from dicomgallery.models import transaction
from dicomgallery.services import inspecting

LONGEST_SOURCE: Final = 16 << 20
_LEFT_OUT: Final = "\n… (there is more; the download has all of it)\n"


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document to take away; its name says nothing of whom it is about."""

    file_name: str
    media_type: str
    data: bytes


def taken(instance_id: int, *, actor: Actor) -> DocumentFile:
    """The document of an instance; NotFoundError when it is not here, not for this actor, or has none."""
    demand(actor, Permission.EXPORT)
    document = _document(instance_id, actor)
    with transaction() as session:
        audit.record(session, actor, Event.DOCUMENT_TAKEN, f"instance:{instance_id}")
    return DocumentFile(f"document-{instance_id}.{document.ending}", document.media_type, document.data)


def source_of(instance_id: int, *, actor: Actor) -> str:
    """The document of an instance as text; NotFoundError also when it is not made of text."""
    document = _document(instance_id, actor)
    if not document.is_text:
        raise NotFoundError("This document cannot be read as text.")
    return document.text(LONGEST_SOURCE, _LEFT_OUT)


def _document(instance_id: int, actor: Actor) -> Document:
    document = document_of(inspecting.dataset_of(instance_id, actor=actor))
    if document is None:
        raise NotFoundError("There is no document in this file.")
    return document
