"""The directory of a medium as a tree, and which of its files are in this gallery."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.directory import Directory, directory_of
from dicomgallery.dicom.records import Record
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.serving.filters import count
from dicomgallery.web.cards import image_page, picture

_OPEN: Final = 12
"""A record with no more below it is open from the beginning, but for series."""


@dataclass
class DirectoryStory:
    """A directory as a tree to open."""

    actor: Actor
    directory: Directory
    template = "stories/directory.html"
    has_steps = False

    @classmethod
    def of(cls, actor: Actor, _instance: Instance, content: Content) -> Self | None:
        """The story of a directory; None when the file holds none."""
        directory = directory_of(content.dataset)
        return cls(actor, directory) if directory else None

    @property
    def sentence(self) -> str:
        """How much it lists, and how much of that is here."""
        objects = self.directory.objects()
        if not objects:
            return self.directory.sentence
        held = sum(1 for record in objects if record.sop_uid in self.here)
        if held == len(objects):
            return f"{self.directory.sentence}; all are in this gallery."
        number = count(held) if held else "none"
        return f"{self.directory.sentence}; {number} {'is' if held in (0, 1) else 'are'} in this gallery."

    @cached_property
    def here(self) -> Mapping[str, Slice]:
        """The objects of this gallery that the directory lists, by SOP Instance UID."""
        uids = dict.fromkeys(record.sop_uid for record in self.directory.objects() if record.sop_uid)
        return instances.by_sop_uids(self.actor.scope, list(uids))

    def href(self, record: Record) -> str:
        """The page of what a record stands for; empty where it is not here."""
        found = self.here.get(record.sop_uid)
        return image_page(found.id) if found else ""

    def thumbnail(self, record: Record) -> str:
        """The small picture of what a record stands for; empty where there is none."""
        found = self.here.get(record.sop_uid)
        return picture(found.id, found.blob12, THUMBNAIL) if found and found.render_state == "ready" else ""

    def held_below(self, record: Record) -> str:
        """How many files below a record there are, and how many of them are here."""
        many, held = self._tallies[id(record)]
        if not many:
            return ""
        return f"{count(many)} here" if held == many else f"{count(held)} of {count(many)} here"

    def is_open(self, record: Record) -> bool:
        """Say whether what is below is shown at once."""
        return record.kind != "SERIES" and len(record.below) <= _OPEN

    @cached_property
    def _tallies(self) -> Mapping[int, tuple[int, int]]:
        """Of each record by its identity, how many files are below it and how many of them are here."""
        found: dict[int, tuple[int, int]] = {}
        for record in reversed(list(self.directory.walk())):
            many = held = 0
            for one in record.below:
                below, held_below = found[id(one)]
                many += below + one.is_object
                held += held_below + (one.is_object and one.sop_uid in self.here)
            found[id(record)] = (many, held)
        return found
