"""De-identification inside the gallery: a draft, its preview, the run, and the proof."""

from dicomgallery.services.deid_runs.counting import Forecast, count, forecast
from dicomgallery.services.deid_runs.deeds import cancel, of, remove, report, start
from dicomgallery.services.deid_runs.drafts import KEEPS_UIDS, choose, draft, override, restore, take
from dicomgallery.services.deid_runs.previewing import KEPT, Preview, PreviewRow, preview
from dicomgallery.services.deid_runs.reporting import Checked, check
from dicomgallery.services.deid_runs.review.proposing import propose

__all__ = [
    "KEEPS_UIDS",
    "KEPT",
    "Checked",
    "Forecast",
    "Preview",
    "PreviewRow",
    "cancel",
    "check",
    "choose",
    "count",
    "draft",
    "forecast",
    "of",
    "override",
    "preview",
    "propose",
    "remove",
    "report",
    "restore",
    "start",
    "take",
]
