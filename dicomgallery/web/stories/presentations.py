"""Presentation states: the images they were made for, each as the state wants it seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from flask import request

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.annotations import Target
from dicomgallery.dicom.presentation import Presentation, presentation_of
from dicomgallery.dicom.presentation_words import deeds_of
from dicomgallery.imaging.spec import Format, RenderSpec
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.web.asked import whole
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.look import TABS

MOST_STEPS: Final = 5000


@dataclass(frozen=True, slots=True)
class Step:
    """An image that is here, or one of its frames."""

    target: Target
    image: Slice
    frame: int | None


@dataclass
class PresentationStory:
    """A presentation state, looked at on one of its images."""

    actor: Actor
    instance: Instance
    content: Content
    said: Presentation
    wanted: str
    """The step as the URL says it."""
    tab: str
    template = "stories/presentation.html"
    has_steps = True

    @classmethod
    def of(cls, actor: Actor, instance: Instance, content: Content) -> Self | None:
        """The story of a presentation state; None when it refers to no image."""
        said = presentation_of(content.dataset)
        asked = (request.args.get(name, "") for name in ("slice", "tab"))
        return cls(actor, instance, content, said, *asked) if said.images else None

    # ------------------------------------------------------------ the images

    @cached_property
    def images(self) -> Mapping[str, Slice]:
        """Those that are in this gallery, by SOP Instance UID."""
        return instances.by_sop_uids(self.actor.scope, [one.sop_uid for one in self.said.images])

    @property
    def missing(self) -> int:
        """How many of them are not here."""
        return len(self.said.images) - len(self.images)

    @cached_property
    def steps(self) -> Sequence[Step]:
        """Each image that is here, and of those with frames each frame that is meant."""
        found: list[Step] = []
        for target in self.said.images:
            image = self.images.get(target.sop_uid)
            if image is None or len(found) >= MOST_STEPS:
                continue
            frames: Sequence[int | None] = [None]
            if image.frames > 1:
                frames = [one for one in target.frames or range(1, image.frames + 1) if one <= image.frames]
            found += [Step(target, image, frame) for frame in frames]
        return found[:MOST_STEPS]

    @property
    def count(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    @cached_property
    def number(self) -> int:
        """Which of them is shown, from 1: the one asked for, else the first."""
        return whole(self.wanted, self.count) or 1

    @property
    def step(self) -> Step | None:
        """What is shown."""
        return self.steps[self.number - 1] if self.steps else None

    # ------------------------------------------------------------ what is shown

    @property
    def src(self) -> str:
        """The picture of the image with the state; empty where there is none."""
        return self._src(self.step) if self.step else ""

    @property
    def ahead(self) -> list[str]:
        """The pictures one step on and one back, fetched before they are wanted."""
        near = (self.number, self.number - 2)
        return [self._src(self.steps[at]) for at in near if 0 <= at < self.count]

    def _src(self, step: Step) -> str:
        state = self.instance.id if self.said.is_applied else None
        return picture(step.image.id, step.image.blob12, RenderSpec(frame=step.frame, state=state, format=Format.PNG))

    @property
    def image_href(self) -> str:
        """The page of the image that is shown, looked at with the state."""
        step = self.step
        if step is None:
            return ""
        pairs = [("frame", str(step.frame))] if step.frame else []
        pairs += [("state", str(self.instance.id))] if self.said.is_applied else []
        return image_page(step.image.id) + (f"?{urlencode(pairs)}" if pairs else "")

    @property
    def deeds(self) -> list[str]:
        """What the state does to the image that is shown, or to the first that it refers to."""
        step = self.step
        target = step.target if step else self.said.images[0]
        frame = (step.frame if step else None) or next(iter(target.frames), 1)
        return deeds_of(self.content.dataset, self.said, target.sop_uid, frame)

    @property
    def texts(self) -> list[tuple[int, str, str]]:
        """Everything written in it: its number, the words, and the name of its layer."""
        numbers = self.said.numbers
        return [(numbers[id(text)], text.text, one.layer) for one in self.said.annotations for text in one.texts]

    @property
    def remarks(self) -> list[str]:
        """What one should know of what is shown, a sentence each."""
        found = []
        if not self.said.is_applied:
            shown = " The image is shown as its file is." if self.step else ""
            found.append(f"This kind of presentation state is not applied yet: {self.said.kind}.{shown}")
        if self.wanted and self.count and self.wanted != str(self.number):
            found.append(f"There are pictures 1 to {self.count}; number {self.number} is shown.")
        if self.missing:
            many = "The image" if self.missing == len(self.said.images) == 1 else f"{self.missing} of the images"
            are = "is" if self.missing == 1 else "are"
            found.append(f"{many} that it refers to {are} not in this gallery.")
        return [*found, *self.said.left_out]

    # ------------------------------------------------------------ the ways on

    def at(self, number: int) -> str:
        """The address of this page at another step; empty where there is none."""
        if not 1 <= number <= self.count or number == self.number:
            return ""
        return f"{image_page(self.instance.id)}?{urlencode([('slice', str(number)), *self.kept])}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the slider's form must not lose."""
        return [("tab", self.tab)] if self.tab in TABS and self.tab != "tags" else []
