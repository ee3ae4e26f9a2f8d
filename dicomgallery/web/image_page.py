"""What the page of an image shows; each part is read when the template asks for it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import frames, instances
from dicomgallery.catalog import marks as catalog_marks
from dicomgallery.catalog import series as catalog_series
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.instances import Detail, Neighbors
from dicomgallery.catalog.series import Beside
from dicomgallery.dicom import transfer, uids
from dicomgallery.dicom.frames import FrameTable, line_of
from dicomgallery.imaging import covers, gray, layers, wash
from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.spec import DEFAULT_QUALITY, Fit, Format
from dicomgallery.models import Instance, Mark
from dicomgallery.services import inspecting, pictures
from dicomgallery.services.inspecting import Content
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.web import crumbs, glance, stories
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.concatenations import Parts
from dicomgallery.web.frame_pages import FROM, FramePage
from dicomgallery.web.look import TABS, Look, Way
from dicomgallery.web.marking import Drawing, Marks, Place
from dicomgallery.web.states import States
from dicomgallery.web.tag_table import MOST_ROWS, USUAL_ROWS, TagTable

EDITED = "editor"
"""Where an edited file comes from, as its row says it."""
SMALL = 160
"""Pixels a side of a picture on the contact sheet."""

LONGEST_TEXT_BELOW = 300_000
"""Under the table the text is shown up to here; its tab shows all of it."""


class ImagePage:
    """An image, looked at in one way."""

    def __init__(self, actor: Actor, found: Detail, look: Look, *, explain: str = "", all_rows: bool = False) -> None:
        self.actor = actor
        self.found = found
        self.states = States(actor, found.instance, look.state)
        self.look = look = self.states.settled(look)
        self.explain = explain
        self.all_rows = all_rows
        self.instance = found.instance
        self.series = found.series
        self.study = found.study
        if look.voi is not None and look.voi > len(self._named):
            many = f"The file names {len(self._named)} of its own windows; the first is shown."
            complaint = many if self._named else "The file names no window of its own; one from its values is shown."
            self.look = replace(look, voi=None, complaints=(*look.complaints, complaint))
        if look.tab == "frames" and self.instance.frames < 2:
            self.look = replace(self.look, tab="tags")

    @property
    def title(self) -> str:
        """The image in a few words, its patient not among them."""
        return self.instance.label or f"Image {self.instance.id}"

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the image stands."""
        place = f"Image {self.around.position} of {self.around.total}" if self.around.position else "Image"
        return crumbs.of_image(place, self.series, self.study, self.found.patient)

    @property
    def facts(self) -> Sequence[dict[str, object]]:
        """The facts at a glance."""
        return glance.of_image(self.found)

    @property
    def here(self) -> str:
        """The address of this page, without how it is looked at."""
        return image_page(self.instance.id)

    # ------------------------------------------------------------ the picture

    @cached_property
    def shown(self) -> Picture | NoPicture:
        """The picture of this look; made now, since the browser asks for it next anyway."""
        return pictures.of(self.instance.id, self.look.spec, actor=self.actor)

    @property
    def no_picture(self) -> NoPicture | None:
        """Why there is none."""
        return self.shown if isinstance(self.shown, NoPicture) else None

    @property
    def notes(self) -> Sequence[str]:
        """How the picture came to look as it does."""
        return self.shown.notes if isinstance(self.shown, Picture) else ()

    @property
    def src(self) -> str:
        """The address of the picture."""
        return picture(self.instance.id, self.instance.blob_sha256, self.look.spec)

    @property
    def alt(self) -> str:
        """The picture in words."""
        words = (self.series.modality, self.series.description, f"image {self.around.position} of {self.around.total}")
        return ", ".join(word for word in words if word)

    @cached_property
    def around(self) -> Neighbors:
        """Its place in the series."""
        return instances.neighbors(self.actor.scope, self.instance)

    @property
    def previous(self) -> str:
        """The page of the image before it, looked at in the same way."""
        return self._beside(self.around.previous_id)

    @property
    def next(self) -> str:
        """The page of the image after it, looked at in the same way."""
        return self._beside(self.around.next_id)

    @property
    def first(self) -> str:
        """The page of the first image of the series."""
        return self._beside(self.around.first_id)

    @property
    def last(self) -> str:
        """The page of the last image of the series."""
        return self._beside(self.around.last_id)

    @property
    def frame(self) -> int:
        """The number of the frame that is shown; the middle one when none is asked for."""
        return self.look.frame or self.states.frame(self.look)

    def at_frame(self, number: int) -> str:
        """The address of this page at another frame; empty where there is none."""
        return self.here + self.look.query(frame=number) if 1 <= number <= self.instance.frames else ""

    @property
    def stack(self) -> str:
        """Where the script finds what the slider steps through, looked at in the same way."""
        if self.instance.frames > 1:
            path = url_for("images.frames", image_id=self.instance.id)
        else:
            path = url_for("series.frames", series_id=self.series.id)
        query = self.look.query(frame=None)
        return f"{path}{query}{'&' if len(query) > 1 else ''}size=full"

    @property
    def previous_step(self) -> str:
        """One step back: a frame of this image, or the image before it."""
        return self.at_frame(self.frame - 1) or self.before if self.instance.frames > 1 else self.previous

    @property
    def next_step(self) -> str:
        """One step on: a frame of this image, or the image after it."""
        return self.at_frame(self.frame + 1) or self.after if self.instance.frames > 1 else self.next

    @property
    def step_number(self) -> int:
        """Where the slider under the picture stands."""
        return self.frame if self.instance.frames > 1 else self.around.position

    # ------------------------------------------------------------ its marks

    @cached_property
    def marks(self) -> Marks | None:
        """The marks on every frame of it; None where none can be."""
        if not (self.instance.frames and self.found.is_visible):
            return None
        numbers = range(1, self.instance.frames + 1) if self.instance.frames > 1 else ()
        return Marks.of(
            self.actor,
            self._marks,
            here=self._place,
            where={(self.instance.id, number): f"Frame {number}" for number in numbers},
            href=lambda place: self.at_frame(place[1]) if self.instance.frames > 1 else "",
            source=url_for("marks_api.of_image", image_id=self.instance.id),
            series_id=self.series.id,
        )

    @cached_property
    def drawing(self) -> Drawing | None:
        """The marks on what is shown, to lie over its picture; None where there are none, or they are hidden."""
        if not self._marks_here or self.look.plain or self.no_picture:
            return None
        return Drawing.of(
            self._marks_here, self.instance.columns, self.instance.rows, pixel_ratio(self._at_frame.dataset)
        )

    @cached_property
    def _marks(self) -> Sequence[Mark]:
        return catalog_marks.of_images(self.actor.scope, [self.instance.id])

    @cached_property
    def _marks_here(self) -> Sequence[Mark]:
        """Those on the frame that is shown, where its pixels lie in the picture as they lie in the file."""
        here = [mark for mark in self._marks if (mark.instance_key, mark.frame) == self._place]
        is_plain = self.look.state is None and self.story is None and self.instance.columns and self.instance.rows
        # Beside the colors of a dose stands a bar that makes its picture wider.
        return here if here and is_plain and not wash.is_washed(self._at_frame.dataset) else []

    @property
    def _place(self) -> Place:
        return self.instance.id, self.frame if self.instance.frames > 1 else 1

    # ------------------------------------------------------------ its frames

    @cached_property
    def frame_table(self) -> FrameTable | None:
        """What the file says of its frames; None when it has one, or has not been read."""
        return frames.table_of(self.actor.scope, self.instance.id) if self.instance.frames > 1 else None

    @property
    def frame_line(self) -> str:
        """What the frame that is shown is; empty when nothing tells it from the others."""
        return line_of(self.frame_table, self.frame) if self.frame_table else ""

    @cached_property
    def frame_page(self) -> FramePage | None:
        """The part of the table of frames that is shown."""
        if self.frame_table is None:
            return None
        kept = tuple(pair for pair in self.look.also if pair[0] != FROM)

        def begun_at(number: int) -> str:
            return self.here + self.look.query(also=(*kept, (FROM, str(number))))

        return FramePage.parse(
            self.frame_table, dict(self.look.also).get(FROM, ""), self.frame, self.at_frame, begun_at
        )

    @cached_property
    def parts(self) -> Parts | None:
        """The concatenation that it is a part of."""
        return Parts.of(self.instance.id, frames.parts_of(self.actor.scope, self.instance))

    @property
    def before(self) -> str:
        """The last frame of the part before it."""
        if self.parts is None or self.parts.previous_id is None:
            return ""
        part, last = self.parts.previous_id
        return image_page(part) + self.look.query(frame=last if last > 1 else None, also=(), state=self._state_at(part))

    @property
    def after(self) -> str:
        """The first frame of the part after it."""
        if self.parts is None or self.parts.next_id is None:
            return ""
        part = self.parts.next_id
        return image_page(part) + self.look.query(frame=1, also=(), state=self._state_at(part))

    @cached_property
    def series_around(self) -> Beside:
        """The place of its series in the study."""
        return catalog_series.beside(self.actor.scope, self.series)

    @property
    def previous_series(self) -> dict[str, str] | None:
        """The way to the series before this one."""
        return self._into(self.series_around.previous)

    @property
    def next_series(self) -> dict[str, str] | None:
        """The way to the series after this one."""
        return self._into(self.series_around.next)

    @property
    def ahead(self) -> Sequence[str]:
        """The pictures one step on and one step back, which a browser fetches before they are wanted."""
        spec, one = self.look.spec, self.instance
        if one.frames > 1 and self.story is not None:
            # What is told has planes of its own, and fetches them itself.
            return ()
        if one.frames > 1:
            numbers = [number for number in (self.frame + 1, self.frame - 1) if 1 <= number <= one.frames]
            return [picture(one.id, one.blob_sha256, replace(spec, frame=number)) for number in numbers]
        beside = (self.around.next_id, self.around.previous_id)
        near = {image.id: image.blob12 for image in self.around.around}
        spec = replace(spec, frame=None)
        return [
            picture(image_id, near[image_id], replace(spec, state=self._state_at(image_id)))
            for image_id in beside
            if image_id in near
        ]

    @property
    def summary(self) -> str:
        """Size and encoding in a line."""
        instance = self.instance
        encoding = transfer.short_name(instance.transfer_syntax)
        if not (instance.columns and instance.rows):
            return " · ".join(part for part in (uids.name_of(instance.sop_class_uid), encoding) if part)
        bits = instance.bits_stored or instance.bits_allocated
        size = f"{instance.columns}{glance.TIMES}{instance.rows}"
        return " · ".join(part for part in (size, f"{bits} bit" if bits else "", encoding) if part)

    @property
    def stored(self) -> str:
        """What a pixel is in the file."""
        instance = self.instance
        stored, allocated = instance.bits_stored, instance.bits_allocated
        # Floating-point pixels have no Bits Stored (PS3.3 C.7.6.24).
        bits = f"{stored} of {allocated} bits" if stored else f"{allocated} bits" if allocated else ""
        return ", ".join(part for part in (instance.photometric, bits) if part)

    @cached_property
    def _named(self) -> Sequence[str]:
        """What the file calls each of its windows."""
        own = self.has_window and self.look.state is None
        return gray.named_ways(self._at_frame.dataset) if own else ()

    @cached_property
    def _at_frame(self) -> Content:
        """What the file says of the frame that is shown."""
        if self.instance.frames < 2:
            return self.content
        return inspecting.content_at(self.instance.id, self.frame, actor=self.actor)

    @cached_property
    def windows(self) -> Sequence[dict[str, object]]:
        """The windows to choose from; none where a window means nothing."""
        if not self.has_window:
            return []
        return [self._way(way) for way in self.look.windows(self._named, self.series.modality)]

    @cached_property
    def state_ways(self) -> Sequence[dict[str, object]]:
        """The presentation states to choose from, with the file's own look before them."""
        return [self._way(way) for way in self.states.ways(self.look)]

    @cached_property
    def toggles(self) -> Sequence[dict[str, object]]:
        """What else can be changed about the picture: its inversion, and whether anything lies over it."""
        look, found = self.look, []
        if self.has_window:
            inverse = Way("Inverted" if look.invert else "Invert", "i", replace(look, invert=not look.invert))
            found.append(self._way(inverse) | {"current": look.invert})
        if what := " and ".join(filter(None, (self._laid_over, "marks" if self._marks_here else ""))):
            label = f"Show {what}" if look.plain else f"Hide {what}"
            found.append(self._way(Way(label, "o", replace(look, plain=not look.plain))) | {"current": look.plain})
        return found

    @cached_property
    def _laid_over(self) -> str:
        """What the pixels can be shown without; empty when nothing is put over them."""
        if self.look.state is not None:
            return "annotations"
        dataset = self._at_frame.dataset
        if covers.are_in(dataset):
            return "overlays"
        return "colors" if wash.is_washed(dataset) or self._is_of_segments else ""

    @cached_property
    def _is_of_segments(self) -> bool:
        """Say whether its pictures are in the colors of segments, of which no window is taken."""
        return self.instance.kind == "segmentation" and layers.is_colored(self.content.dataset)

    @property
    def alternatives(self) -> Sequence[dict[str, object]]:
        """The same image in every other way one click away, each as a small picture."""
        other = {"i": "Inverted", "o": f"Without {self._laid_over}"}
        return [
            *self.windows,
            *(
                toggle | {"label": other[str(toggle["key"])]}
                for toggle in self.toggles
                # Marks lie over the picture, not in it.
                if toggle["key"] != "o" or self._laid_over
            ),
        ]

    def _way(self, way: Way) -> dict[str, object]:
        spec = replace(way.look.spec, width=SMALL, fit=Fit.CONTAIN, format=Format.JPEG, quality=DEFAULT_QUALITY)
        return {
            "label": way.label,
            "key": way.key,
            "href": self.here + way.look.query(),
            "current": way.look == self.look,
            "src": picture(self.instance.id, self.instance.blob_sha256, spec),
        }

    @property
    def formats(self) -> Sequence[dict[str, object]]:
        """The encodings of the picture to look at."""
        return [
            {"label": one.name, "href": self.here + self.look.query(format=one), "current": one is self.look.format}
            for one in (Format.PNG, Format.JPEG)
        ]

    @property
    def has_window(self) -> bool:
        """Say whether a window means anything for this image."""
        if not self.look.plain and self._is_of_segments:
            return False
        is_gray = self.instance.samples <= 1 and self.instance.photometric != "PALETTE COLOR"
        return self.instance.has_pixels and is_gray

    # ------------------------------------------------------------ what is no picture

    @cached_property
    def story(self) -> stories.Story | None:
        """What is told in the picture's place when the object is none."""
        if not stories.is_told(self.instance.kind):
            return None
        return stories.story_of(self.actor, self.instance, self.content)

    @property
    def story_href(self) -> str:
        """The way back from its frames to where it is told; empty where it is told already, or nowhere."""
        return self.here if self._is_of_segments and self.story is None else ""

    # ------------------------------------------------------------ the tabs

    @property
    def tabs(self) -> Sequence[dict[str, object]]:
        """The tabs as links."""
        counts = {
            "tags": self.table.count if self.look.tab == "tags" else None,
            "history": len(self.versions),
            "frames": self.instance.frames,
        }
        return [
            {
                "label": label,
                "href": self.here + self.look.query(tab=tab),
                "current": tab == self.look.tab,
                "count": counts.get(tab),
            }
            for tab, label in TABS.items()
            if tab != "frames" or self.instance.frames > 1
        ]

    @cached_property
    def content(self) -> Content:
        """What the file says, read once for table and text."""
        return inspecting.content_of(self.instance.id, actor=self.actor)

    @cached_property
    def table(self) -> TagTable:
        """Every element as a table."""
        most = MOST_ROWS if self.all_rows or self.explain else USUAL_ROWS
        return TagTable.of(self.content.rows(), self.instance, scope=self.actor.scope, explain=self.explain, most=most)

    @cached_property
    def text(self) -> str:
        """Every element as text, one a line (contract A)."""
        return self.content.text()

    @property
    def text_below(self) -> str:
        """As much of the text as stands under the table."""
        return self.text if len(self.text) <= LONGEST_TEXT_BELOW else self.text[:LONGEST_TEXT_BELOW].rpartition("\n")[0]

    @cached_property
    def versions(self) -> Sequence[Instance]:
        """The versions of this object, newest first, itself among them."""
        return instances.history(self.actor.scope, self.instance.id)

    @cached_property
    def beside(self) -> Sequence[dict[str, str]]:
        """What its header can be compared with: the images around it, and the version before it."""
        ids = [one.id for one in self.versions]
        older = ids[ids.index(self.instance.id) + 1 :][:1]
        ways = [
            ("With the version before", "history", older[0] if older else None),
            ("With the image before", "chevron-left", self.around.previous_id),
            ("With the image after", "chevron-right", self.around.next_id),
            ("With the first of the series", "series", self.around.first_id),
        ]
        return [
            {
                "label": label,
                "icon": icon,
                "href": url_for("comparing.images", image_id=other_id, other_id=self.instance.id),
            }
            for label, icon, other_id in ways
            if other_id not in (None, self.instance.id)
        ]

    @cached_property
    def collections(self) -> Sequence[tuple[int, str, str]]:
        """The collections it is in."""
        return instances.collections_of(self.actor.scope, self.instance.id)

    # ------------------------------------------------------------ what is odd about it

    @property
    def flags(self) -> Sequence[dict[str, str]]:
        """What a person should know before trusting the page, a sentence each."""
        instance = self.instance
        found: list[dict[str, str]] = []
        if instance.binned_at is not None:
            found.append(_flag("warn", "This image is in the bin.", url_for("bin.index"), "To the bin"))
        if not instance.is_current:
            newer = next((version for version in self.versions if version.is_current), None)
            href = image_page(newer.id) if newer else ""
            text = "A newer file with the same identity has replaced this one."
            if newer is not None and EDITED in {newer.origin, instance.origin}:
                text = "Another version of this file stands in the gallery; this one can be restored from its history."
            found.append(_flag("warn", text, href, "See it"))
        if instance.origin == EDITED:
            history = url_for("editor.history", image_id=instance.id)
            found.append(_flag("info", "This file was edited here; what it was is kept.", history, "What changed"))
        elif instance.replaces_id is not None and not self._is_back:
            href = image_page(instance.replaces_id)
            text = "This file replaced an earlier one with the same identity and other content."
            found.append(_flag("info", text, href, "See the earlier one"))
        if instance.headerless:
            found.append(_flag("info", "The file came without the DICOM header that should stand at its beginning."))
        # PS3.10 8.6: a directory belongs to no study and no series.
        if instance.uids_made and instance.kind != "directory":
            found.append(_flag("warn", "The file lacked a UID it must have, so the gallery made one to keep it by."))
        if self.study.patient_differs:
            text = "The files of this study disagree about the patient; what the first one says is shown."
            found.append(_flag("warn", text, url_for("studies.show", study_id=self.study.id), "See the study"))
        return found

    @property
    def _is_back(self) -> bool:
        """Say whether it was restored: what stands behind it in its history is an edited version."""
        return any(one.id == self.instance.replaces_id and one.origin == EDITED for one in self.versions)

    def _beside(self, image_id: int | None) -> str:
        if image_id is None or image_id == self.instance.id:
            return ""
        query = self.look.query(frame=None, also=(), state=self._state_at(image_id))
        return image_page(image_id) + query.rstrip("?")

    def _state_at(self, image_id: int) -> int | None:
        """The state that is looked through, when it is for a neighbor as well."""
        if self.look.state is None:
            return None
        uid = next((one.sop_uid for one in self.around.around if one.id == image_id), "")
        return self.look.state if self.states.refers_to(self.look, uid) else None

    def _into(self, card: Card | None) -> dict[str, str] | None:
        """To the image that stands for a series; a window of this one would mean little there."""
        if card is None or card.instance_id is None:
            return None
        query = Look(tab=self.look.tab, format=self.look.format).query().rstrip("?")
        label = card.subtitle or "No description"
        return {"href": image_page(card.instance_id) + query, "label": label, "modality": card.modality}


def _flag(kind: str, text: str, href: str = "", link: str = "") -> dict[str, str]:
    return {"kind": kind, "text": text, "href": href, "link": link}
