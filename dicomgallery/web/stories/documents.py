"""Encapsulated documents: PDFs page by page as pictures, clinical documents as text, models as drawings.

No browser shows a PDF inside a sandboxed frame, and nothing that came in a file is let out of one: pages are pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

from dicomgallery.access import Actor, Permission
from dicomgallery.dicom.cda import Narrative, narrative_of
from dicomgallery.dicom.documents import Document, DocumentKind, document_of
from dicomgallery.imaging.paging import Page
from dicomgallery.imaging.spec import DEFAULT_QUALITY, Fit, Format, RenderSpec
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.look import Look

MOST_PAGES: Final = 99_999
LONGEST_SOURCE: Final = 200_000
"""So much of a document's own text stands on its page."""
_SMALL: Final = RenderSpec(width=160, fit=Fit.CONTAIN, format=Format.JPEG, quality=DEFAULT_QUALITY)
_SMALL_PAGES: Final = 12


@dataclass
class DocumentStory:
    """A document in its picture's place."""

    actor: Actor
    instance: Instance
    document: Document
    template = "stories/document.html"

    @classmethod
    def of(cls, actor: Actor, instance: Instance, content: Content) -> Self | None:
        """The story of a document; None when the object carries none."""
        document = document_of(content.dataset)
        return cls(actor, instance, document) if document else None

    @property
    def title(self) -> str:
        """What it calls itself; else what sort of document it is."""
        said = self.narrative.title if self.narrative else ""
        return self.document.title or said or self.document.concept or self.document.kind.noun

    @property
    def may_be_taken(self) -> bool:
        """Say whether this actor may have the file."""
        return Permission.EXPORT in self.actor.permissions

    @property
    def is_drawn(self) -> bool:
        """Say whether it is looked at rather than read."""
        return self.document.kind is DocumentKind.PDF or self.document.kind.is_model

    @cached_property
    def narrative(self) -> Narrative | None:
        """What a clinical document says."""
        wanted = self.document.kind is DocumentKind.CDA and self.document.is_as_claimed
        return narrative_of(self.document.data) if wanted else None

    @cached_property
    def source(self) -> str:
        """The beginning of the document's own text; empty when it is not made of text."""
        return self.document.text(LONGEST_SOURCE) if self.document.is_text else ""

    @property
    def has_more_source(self) -> bool:
        """Say whether the document's text goes on."""
        return len(self.document.data) > LONGEST_SOURCE

    def page(self, notes: Sequence[str]) -> Page | None:
        """The page that is shown, as its picture tells; None for what has no pages."""
        return Page.told_by(notes) if self.document.kind is DocumentKind.PDF else None

    def at(self, number: int, shown: Page, look: Look) -> str:
        """The address of another page, looked at in the same way; empty where there is none."""
        there = 1 <= number <= min(shown.count, MOST_PAGES)
        return image_page(self.instance.id) + look.query(frame=number) if there else ""

    def around(self, shown: Page, look: Look) -> list[dict[str, object]]:
        """The pages about the one that is shown, each as a small picture."""
        first = max(1, min(shown.number - _SMALL_PAGES // 2, shown.count - _SMALL_PAGES + 1))
        return [
            {
                "label": f"Page {number}",
                "href": self.at(number, shown, look),
                "src": picture(self.instance.id, self.instance.blob_sha256, replace(_SMALL, frame=number)),
                "current": number == shown.number,
            }
            for number in range(first, min(first + _SMALL_PAGES, shown.count + 1))
        ]
