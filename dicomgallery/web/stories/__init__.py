"""What is not a picture, told in the picture's place: a piece of this room for each kind of object."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from dicomgallery.access import Actor
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.web.stories.directories import DirectoryStory
from dicomgallery.web.stories.documents import MOST_PAGES, DocumentStory
from dicomgallery.web.stories.plans import PlanStory
from dicomgallery.web.stories.presentations import PresentationStory
from dicomgallery.web.stories.reports import ReportStory
from dicomgallery.web.stories.segmentations import SegmentationStory
from dicomgallery.web.stories.structures import StructureStory
from dicomgallery.web.stories.treatments import TreatmentStory
from dicomgallery.web.stories.waveforms import WaveformStory


class Story(Protocol):
    """An object as it is told; its template finds it as `story`."""

    @property
    def template(self) -> str:
        """What shows it, a file in `templates/stories/`."""


Teller = Callable[[Actor, Instance, Content], Story | None]

_TELLERS: Final[Mapping[str, Teller]] = {
    "report": ReportStory.of,
    "document": DocumentStory.of,
    "waveform": WaveformStory.of,
    "plan": PlanStory.of,
    "structure": StructureStory.of,
    "segmentation": SegmentationStory.of,
    "treatment": TreatmentStory.of,
    "directory": DirectoryStory.of,
    "presentation": PresentationStory.of,
}
"""By the instance's kind."""


def is_told(kind: str) -> bool:
    """Say whether objects of this kind have a story."""
    return kind in _TELLERS


def most_frames(instance: Instance) -> int:
    """As many frames as may be asked for; how many pages a document has, only its pictures tell."""
    return MOST_PAGES if instance.kind == "document" else instance.frames


def story_of(actor: Actor, instance: Instance, content: Content) -> Story | None:
    """The story of an object; None when its kind has none, or this one holds nothing to tell."""
    teller = _TELLERS.get(instance.kind)
    return teller(actor, instance, content) if teller else None
