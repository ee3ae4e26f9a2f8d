"""Folders without identity: the engine at work on files, with no server and no database."""

from dicomgallery.services.deidentifying.asking import profile, pseudonyms
from dicomgallery.services.deidentifying.folders import BurnedIn, End, FolderRun, Outcome, begin

__all__ = ["BurnedIn", "End", "FolderRun", "Outcome", "begin", "profile", "pseudonyms"]
