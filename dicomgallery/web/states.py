"""The presentation states of an image, and the one it is looked at with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from dicomgallery.access import Actor, Scope
from dicomgallery.catalog import instances, references
from dicomgallery.catalog.references import Referrer
from dicomgallery.dicom.annotations import Target
from dicomgallery.dicom.presentation import Presentation, presentation_of
from dicomgallery.dicom.vocabulary import kind_name
from dicomgallery.errors import GalleryError
from dicomgallery.models import Instance
from dicomgallery.services import inspecting
from dicomgallery.web.cards import image_page
from dicomgallery.web.kept import Kept
from dicomgallery.web.look import Look, Way

MOST_CHOICES: Final = 20
"""Each is a file to read; older ones are found among what refers to the image."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A state that an image can be shown with."""

    id: int
    said: Presentation

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.said.name or f"State {self.id}"


class States:
    """What refers to an image, the states among it first of all."""

    def __init__(self, actor: Actor, instance: Instance, asked: int | None = None) -> None:
        self._actor = actor
        self._instance = instance
        self._asked = asked
        # No picture is made of an image with a state of another workspace, whoever may see both.
        self._scope = Scope(frozenset({instance.workspace_id}))

    @cached_property
    def referrers(self) -> Sequence[Referrer]:
        """Everything in its workspace that refers to it, newest first."""
        return references.of(self._scope, self._instance.sop_uid)

    @cached_property
    def choices(self) -> Sequence[Choice]:
        """The states it can be shown with."""
        if not self._instance.has_pixels:
            return []
        ids = [one.id for one in self.referrers if one.kind == "presentation"][:MOST_CHOICES]
        if self._asked is not None and self._asked not in ids:
            # One that is not known yet to refer to anything, having just come, or is further down the list.
            ids += instances.visible_ids(self._scope, [self._asked])
        found = [Choice(one, said) for one in ids if (said := opened(one, self._actor)) is not None]
        return [one for one in found if one.said.is_applied and one.said.target(self._instance.sop_uid)]

    def chosen(self, look: Look) -> Choice | None:
        """The one that is looked through."""
        return next((one for one in self.choices if one.id == look.state), None)

    def settled(self, look: Look) -> Look:
        """The look without a state that is not for this image, or not for this frame of it, which is complained of."""
        if look.state is None:
            return look
        choice = self.chosen(look)
        if choice is None:
            return _without(look, "There is no such presentation state of this image; it is shown as the file is.")
        target = choice.said.target(self._instance.sop_uid)
        if look.frame is not None and target is not None and not target.holds_for(self._instance.sop_uid, look.frame):
            return _without(look, "The presentation state does not refer to this frame; it is shown as the file is.")
        return look

    def ways(self, look: Look) -> list[Way]:
        """The looks to choose from: as the file is, then each state; none where there is no state."""
        if not self.choices:
            return []
        plain = Way("As the file is", "", replace(look, state=None))
        return [plain, *(Way(one.name, "", replace(look, state=one.id, voi=None)) for one in self.choices)]

    def frame(self, look: Look) -> int:
        """The number of the frame that is shown when none is asked for."""
        choice, frames = self.chosen(look), self._instance.frames
        return choice.said.frame_for(self._instance.sop_uid, frames) if choice else frames // 2 + 1

    def refers_to(self, look: Look, sop_uid: str) -> bool:
        """Say whether the state that is looked through is for another image too."""
        choice = self.chosen(look)
        return choice is not None and choice.said.target(sop_uid) is not None

    @property
    def others(self) -> Sequence[dict[str, str]]:
        """What else speaks of the image, as links."""
        return [
            {
                "href": image_page(one.id),
                "kind": kind_name(one.kind),
                "modality": one.modality,
                "description": one.description,
                "label": one.label,
            }
            for one in self.referrers
        ]


def opened(state_id: int, actor: Actor) -> Presentation | None:
    """What a state says; None when it cannot be read or is not here for this actor."""
    try:
        blob = instances.by_id(actor.scope, state_id).blob_sha256
        return _kept.of(blob, lambda: presentation_of(inspecting.dataset_of(state_id, actor=actor)))
    except GalleryError:
        return None


_kept: Final[Kept[Presentation]] = Kept(MOST_CHOICES)


def meant_by(state_id: int | None, actor: Actor) -> Mapping[str, Target]:
    """The images that a state can be applied to, by SOP Instance UID."""
    said = opened(state_id, actor) if state_id is not None else None
    return {one.sop_uid: one for one in said.images} if said and said.is_applied else {}


def _without(look: Look, complaint: str) -> Look:
    return replace(look, state=None, complaints=(*look.complaints, complaint))
