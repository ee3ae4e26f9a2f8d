"""Everything that leaves a trace in the audit."""

from enum import StrEnum


class Event(StrEnum):
    """A deed worth remembering; the value is what the audit keeps."""

    # Arriving
    FILES_RECEIVED = "files_received"
    SAMPLES_LOADED = "samples_loaded"

    # The bin
    INSTANCES_BINNED = "instances_binned"
    INSTANCES_RESTORED = "instances_restored"
    BIN_EMPTIED = "bin_emptied"
    OLD_STUDIES_BINNED = "old_studies_binned"
    STUDY_PINNED = "study_pinned"
    STUDY_UNPINNED = "study_unpinned"

    # Collections
    COLLECTION_CREATED = "collection_created"
    COLLECTION_RENAMED = "collection_renamed"
    COLLECTION_DELETED = "collection_deleted"
    MEMBERS_ADDED = "members_added"
    MEMBERS_REMOVED = "members_removed"

    # Editing
    EDIT_ASKED = "edit_asked"
    EDIT_DONE = "edit_done"
    VERSION_RESTORED = "version_restored"

    # Marks
    MARK_MADE = "mark_made"
    MARK_CHANGED = "mark_changed"
    MARK_REMOVED = "mark_removed"
    MARK_RESTORED = "mark_restored"
    MARKS_SWEPT = "marks_swept"

    # Leaving
    ORIGINAL_TAKEN = "original_taken"
    PICTURE_TAKEN = "picture_taken"
    DOCUMENT_TAKEN = "document_taken"
    ARCHIVE_TAKEN = "archive_taken"
    OBJECTS_TAKEN = "objects_taken"
    MARKS_TAKEN = "marks_taken"
    TABLE_TAKEN = "table_taken"
    EXPORT_ASKED = "export_asked"
    EXPORT_TAKEN = "export_taken"
    EXPORT_REMOVED = "export_removed"

    # De-identification
    DEIDENTIFICATION_DRAFTED = "deidentification_drafted"
    DEIDENTIFICATION_STARTED = "deidentification_started"
    DEIDENTIFICATION_CANCELLED = "deidentification_cancelled"
    DEIDENTIFICATION_DONE = "deidentification_done"
    DEIDENTIFICATION_REMOVED = "deidentification_removed"
    PIXELS_REVIEWED = "pixels_reviewed"
    PIXEL_REVIEW_UNDONE = "pixel_review_undone"
    PIXEL_REVIEW_DONE = "pixel_review_done"
    DEID_REPORT_TAKEN = "deid_report_taken"
    DEID_PROFILE_MADE = "deid_profile_made"

    # Upkeep
    BLOBS_SWEPT = "blobs_swept"
    GALLERY_REPAIRED = "gallery_repaired"
    PICTURES_REBUILT = "pictures_rebuilt"

    # Who came in
    OWNER_LOGGED_IN = "owner_logged_in"
    OWNER_LOGGED_OUT = "owner_logged_out"
    LOGIN_REFUSED = "login_refused"
