"""The elements of a plan's image as its edits leave them, and one of them in a form."""

from collections.abc import Sequence
from dataclasses import dataclass

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import edit_plans, instances
from dicomgallery.dicom import attributes, iod_types, paths, private
from dicomgallery.dicom.attributes import AttributeRow
from dicomgallery.dicom.editing import making, shown
from dicomgallery.dicom.editing.applying import apply
from dicomgallery.dicom.editing.edits import Deed, Edit
from dicomgallery.dicom.editing.shown import Input, Shown
from dicomgallery.dicom.leaves import Leaf
from dicomgallery.dicom.structure import keyword_of
from dicomgallery.dicom.uids import name_of
from dicomgallery.errors import NotFoundError, RefusedError
from dicomgallery.services.editing.files import opened
from dicomgallery.services.editing.plans import Plan


@dataclass(frozen=True, slots=True)
class Element:
    """One element that is edited."""

    path: str
    tag: str
    """0010,0010"""
    name: str
    keyword: str
    creator: str
    is_there: bool
    shown: Shown
    type: str
    """1, 1C, 2, 2C or 3; empty where nothing is known of it."""
    module: str
    where: str
    """The item around it, in words; empty at the top."""
    items: tuple[int, ...] = ()
    """How many elements each item of a sequence has."""

    @property
    def is_sequence(self) -> bool:
        """Say whether it has items."""
        return self.shown.input is Input.ITEMS


@dataclass(frozen=True, slots=True)
class Editing:
    """An image with the edits that a plan has gathered."""

    rows: Sequence[AttributeRow]
    problems: Sequence[str]
    element: Element | None
    complaint: str = ""
    """Why the element that was asked for is not shown."""


def editing(
    base_id: int, plan: Plan | None, *, actor: Actor, path: str = "", vr: str = "", creator: str = ""
) -> Editing:
    """The elements of an image under a plan, and the one at a path, to be edited."""
    demand(actor, Permission.EDIT)
    targets = edit_plans.targets(actor.scope, [base_id])
    if not targets:
        raise NotFoundError(instances.NOT_HERE)
    with opened(targets[0]) as file:
        edited = apply(file.source.level, plan.edits if plan is not None else ())
        dataset = making.header(file.source, edited)
    rows, element, complaint = attributes.rows(dataset), None, ""
    if path:
        try:
            # Whatever could not be edited is told before anybody types.
            checked = Edit.of(Deed.DELETE, path, creator=creator)
            leaf = paths.leaf_at(dataset, checked.steps)
            element = _element(checked, leaf, rows, vr, targets[0].sop_class_uid)
        except RefusedError as refusal:
            complaint = refusal.message
    return Editing(rows, edited.problems, element, complaint)


def _element(edit: Edit, leaf: Leaf | None, rows: Sequence[AttributeRow], vr: str, sop_class_uid: str) -> Element:
    row = next((row for row in rows if row.path == edit.path), None)
    creator = edit.creator or (row.private_creator if row is not None else "")
    entry = iod_types.entry_for(sop_class_uid, edit.tag, edit.parents)
    around = edit.path.rpartition(".")[0]
    sequence, _, number = around.removesuffix("]").rpartition("[")
    holder = next((row.name for row in rows if row.path == sequence), sequence)
    items = tuple(len(item) for item in leaf.value) if leaf is not None and leaf.vr == "SQ" else ()  # type: ignore[arg-type]
    if private.is_creator(edit.tag):
        creator = ""
    return Element(
        path=edit.path,
        tag=f"{edit.tag >> 16:04x},{edit.tag & 0xFFFF:04x}",
        name=row.name if row is not None else edit.name,
        keyword=keyword_of(edit.tag),
        creator=creator,
        is_there=leaf is not None,
        shown=shown.shown(edit.tag, leaf, creator, vr),
        type=entry.type if entry is not None else "",
        module=f"{entry.module}, {name_of(sop_class_uid)}" if entry is not None else "",
        where=f"{holder}, item {int(number) + 1}" if around else "",
        items=items,
    )
