"""Rules as they are found, one time for each place of a class: a series asks the same a thousand times."""

from typing import Final

from dicomgallery.deid.actions import Rule, decide
from dicomgallery.deid.profile import Profile
from dicomgallery.dicom import iod_types

_MOST_KEPT: Final = 200_000


class Level:
    """The rules inside one chain of sequences of one class."""

    __slots__ = ("_children", "_owner", "_rules", "parents", "sop_class")

    def __init__(self, owner: "Levels", sop_class: str, parents: tuple[int, ...]) -> None:
        self._owner = owner
        self.sop_class = sop_class
        self.parents = parents
        self._rules: dict[tuple[int, bytes], Rule] = {}
        self._children: dict[int, Level] = {}

    def rule(self, tag: int, written: bytes) -> Rule:
        """The rule for a standard attribute with this VR in the file."""
        key = (tag, written)
        rule = self._rules.get(key)
        if rule is None:
            self._owner.count += 1
            vr = written.decode("latin-1")
            rule = self._rules[key] = decide(self._owner.profile, self.sop_class, self.parents, tag, vr)
        return rule

    def inside(self, tag: int) -> "Level":
        """The level of a sequence's items."""
        child = self._children.get(tag)
        if child is None:
            child = Level(self._owner, self.sop_class, (*self.parents, tag))
            self._owner.count += 1
            self._children[tag] = child
        return child


class Levels:
    """The rules of all classes under one profile; begins anew when hostile files have made too many."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.count = 0
        self._roots: dict[str, Level] = {}

    def of_class(self, sop_class_uid: str) -> Level:
        """The top level of a class; all unknown classes share one."""
        known = sop_class_uid if iod_types.is_known_class(sop_class_uid) else ""
        if self.count > _MOST_KEPT:
            self._roots.clear()
            self.count = 0
        return self._roots.setdefault(known, Level(self, known, ()))
