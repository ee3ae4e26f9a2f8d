"""A series as a grid of voxels: where its slices lie in one array, or why they make none; and how to look at it."""

from dicomgallery.dicom.grids.frames import frames_of
from dicomgallery.dicom.grids.grid import Grid, Layer
from dicomgallery.dicom.grids.laying import Unlaid, lay
from dicomgallery.dicom.grids.sights import Run, Sight, View, letters, sight_of

__all__ = ["Grid", "Layer", "Run", "Sight", "Unlaid", "View", "frames_of", "lay", "letters", "sight_of"]
