"""Removal of identity: PS3.15 Annex E and what its table leaves out, as values that say what was done and why."""
