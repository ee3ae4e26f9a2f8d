"""Different changes in different images: what a plan by CSV keeps."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from dicomgallery.dicom.editing.edits import Deed, Edit

_FIELDS: Final = ("deed", "path", "vr", "value", "creator")


@dataclass(frozen=True, slots=True)
class Row:
    """Some images, and what changes in each of them."""

    instance_ids: tuple[int, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One element of a table."""

    edit: Edit
    """One of its changes."""
    count: int
    """In how many rows it changes."""


@dataclass(frozen=True)
class Table:
    """The rows that change anything."""

    rows: tuple[Row, ...]
    count: int
    """How many cells change something."""
    _of: dict[int, tuple[Edit, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Find the rows by their images."""
        self._of.update((one, row.edits) for row in self.rows for one in row.instance_ids)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Self:
        """A table of these rows."""
        return cls(tuple(rows), sum(len(row.edits) for row in rows))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A table that was kept."""
        said = json.loads(text)
        rows = (Row(tuple(ids), tuple(Edit(Deed(deed), *rest) for deed, *rest in edits)) for ids, edits in said["rows"])
        return cls(tuple(rows), said["count"])

    def to_json(self) -> str:
        """What is kept of it."""
        rows = [
            [row.instance_ids, [[getattr(edit, name) for name in _FIELDS] for edit in row.edits]] for row in self.rows
        ]
        return json.dumps({"count": self.count, "rows": rows})

    def forgotten(self) -> Self:
        """What is kept when it is done: how much it was."""
        return type(self)((), self.count)

    @property
    def instance_ids(self) -> tuple[int, ...]:
        """The images that it names."""
        return tuple(self._of)

    def edits_of(self, instance_id: int) -> tuple[Edit, ...]:
        """What changes in an image."""
        return self._of.get(instance_id, ())

    @property
    def kinds(self) -> list[Edit]:
        """One edit for each way in which an element changes: what is judged is the element, not its value."""
        found = {(edit.path, edit.deed, edit.empties): edit for row in self.rows for edit in row.edits}
        return list(found.values())

    @property
    def changed(self) -> list[Changed]:
        """Its elements, in the order of their tags."""
        counts = Counter(edit.path for row in self.rows for edit in row.edits)
        kinds = {edit.path: edit for edit in self.kinds}
        return [Changed(kinds[path], counts[path]) for path in sorted(counts)]
