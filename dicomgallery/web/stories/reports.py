"""Structured reports and key object selections, and the images they speak of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.reports import Reference, Report, report_of
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.web.cards import image_page, picture


@dataclass
class ReportStory:
    """A report as a document."""

    actor: Actor
    report: Report
    template = "stories/report.html"

    @classmethod
    def of(cls, actor: Actor, _instance: Instance, content: Content) -> Self | None:
        """The story of a report; None when it has no content at all."""
        report = report_of(content.dataset)
        return cls(actor, report) if report else None

    @cached_property
    def referenced(self) -> Mapping[str, Slice]:
        """The images of this gallery that the report speaks of, by SOP Instance UID."""
        return instances.by_sop_uids(self.actor.scope, [one.sop_uid for one in self.report.references()])

    def page_of(self, reference: Reference) -> str:
        """The page of an image that the report speaks of, at the frame it names."""
        frame = self._frame_of(reference)
        return image_page(self.referenced[reference.sop_uid].id) + (f"?frame={frame}" if frame else "")

    def thumbnail_at(self, reference: Reference) -> str:
        """The small picture of what the report speaks of, of the frame it names."""
        found = self.referenced[reference.sop_uid]
        return picture(found.id, found.blob12, replace(THUMBNAIL, frame=self._frame_of(reference)))

    def _frame_of(self, reference: Reference) -> int | None:
        """The first frame that a reference names and its image has."""
        most = self.referenced[reference.sop_uid].frames
        return next((number for number in reference.frames if number <= most), None)
