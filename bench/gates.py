"""The speeds that the gallery promises, measured and judged; a promise missed ends with a code above 0."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import deid, deid_run, dicomweb, frames, gallery, ingest, mixed, planes, render, stow


@dataclass(frozen=True, slots=True)
class Gate:
    """One promise."""

    name: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Say whether the figure keeps the promise."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{'holds ' if self.holds else 'MISSED'}  {self.name}: {self.measured} ({sign} {self.limit})"


def run() -> dict[str, Any]:
    """Every figure, and which of the promises hold."""
    runs = {
        "ingest": ingest,
        "stow": stow,
        "dicomweb": dicomweb,
        "render": render,
        "planes": planes,
        "frames": frames,
        "gallery": gallery,
        "mixed": mixed,
        "deid": deid,
    }
    figures = {name: module.run() for name, module in runs.items()}
    gates = list(judged(figures))
    return {
        "figures": figures,
        "gates": [str(gate) for gate in gates],
        "missed": sum(not gate.holds for gate in gates),
    }


def judged(figures: dict[str, Any]) -> Iterator[Gate]:
    """Hold the figures of all benchmarks against what DESIGN and README promise on two cores."""
    come_in = figures["ingest"]
    for way, name, limit in (
        ("form_one_file_a_request", "CT a second through the form", 150.0),
        ("zip_stored", "CT a second from a ZIP", 280.0),
        ("raw_1_connection", "CT a second as raw bodies, one connection", 285.0),
    ):
        yield Gate(name, come_in[way]["per_s"], limit, at_least=True)
    if (beside := come_in["beside_orthanc"]) is not None:
        yield Gate("raw bodies beside Orthanc, one connection", beside["raw_1"]["ratio"], 1.0, at_least=True)
    by_stow = figures["stow"]
    yield Gate("CT a second by STOW", by_stow["per_s"], 264.0, at_least=True)
    if "ratio" in by_stow:
        yield Gate("STOW beside Orthanc", by_stow["ratio"], 1.2, at_least=True)
    yield Gate("memory above rest during a STOW of 2 GB, MB", by_stow["memory"]["pss_mb_more"], 100)
    yield from _of_dicomweb(figures["dicomweb"])
    for kind, limits in render.TARGETS.items():
        for form, limit in limits.items():
            yield Gate(f"{kind} as {form}, ms CPU", figures["render"][kind][f"{form}_ms"], limit)
    cut = figures["planes"]
    for way, limit in planes.BUILD_TARGETS.items():
        yield Gate(f"volume of 300 CT from {way}, s CPU", cut[f"build_{way}_s"], limit)
    for view, limit in planes.PLANE_TARGETS_MS.items():
        yield Gate(f"{view} plane of 300 CT, ms", cut[f"{view}_ms"], limit)
    for way in ("cold", "warm"):
        raw = figures["frames"]["raw"][way]
        yield Gate(f"raw frames a second, {way}", raw["per_s"], frames.TARGET_PER_S, at_least=True)
        yield Gate(f"memory while frames are asked for, {way}, MB", raw["pss_mb_peak"], frames.MEMORY_MB)
    for name, limit in planes.TURN_TARGETS_MS.items():
        yield Gate(f"{name} of 300 CT, ms", cut[f"{name}_ms"], limit)
    yield Gate("CT without identity a second", figures["deid"]["basic"]["per_s"], deid.TARGET_PER_S, at_least=True)
    whole = figures["deid"]["run"]["indexed_per_s"]
    yield Gate("de-identified, stored and indexed a second, two cores", whole, deid_run.TARGET_PER_S, at_least=True)
    yield Gate("gallery page at a million instances, ms", figures["gallery"]["slowest_median_ms"], 50)
    together = figures["mixed"]
    yield Gate("gallery p95 while CT arrive, ms", together["gallery_ms_during_upload"]["p95"], 100)
    yield Gate("gallery p95 while two decodes run, ms", together["gallery_ms_during_two_decodes"]["p95"], 100)
    yield Gate("cached thumbnail p95 at 4 connections, ms", together["thumbnail_ms_cached_4_connections"]["p95"], 10)
    yield Gate("memory at rest, MB", together["pss_mb_at_rest"], 550)
    yield Gate("memory during a drop of 2 GB, MB", together["pss_mb_peak_during_drop"], 800)


def _of_dicomweb(figures: dict[str, Any]) -> Iterator[Gate]:
    retrieved, found = figures["retrieve"], figures["search"]
    yield Gate("metadata of 1000 instances, cached, s", retrieved["metadata_cached"]["s"], 0.2)
    for way, name, limit in (
        ("study", "study of 500 MB by WADO-RS beside Orthanc", 0.7),
        ("metadata_cold", "metadata of 1000 instances beside Orthanc, cold", 1.0),
        ("archive_deflated", "deflated archive beside Orthanc", 3.0),
    ):
        if "ratio" in retrieved[way]:
            yield Gate(name, retrieved[way]["ratio"], limit, at_least=True)
    yield Gate(
        "search for studies at 100 000 instances beside Orthanc's guide", found["guide_ratio"], 4.0, at_least=True
    )
    yield Gate("memory above rest during a WADO of 2 GB, MB", figures["memory"]["pss_mb_more"], 100)
