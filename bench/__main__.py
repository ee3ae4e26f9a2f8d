"""`python -m bench ingest|stow|dicomweb|... [--quick]` measures what is named, as JSON; `gates` judges all of it."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable

from bench import deid, dicomweb, frames, gallery, gates, ingest, mixed, planes, render, stow, viewer


def main() -> int:
    """Run the named benchmarks and print one JSON object; 1 when a gate is missed."""
    runs: dict[str, Callable[..., object]] = {
        "ingest": ingest.run,
        "stow": stow.run,
        "dicomweb": dicomweb.run,
        "render": render.run,
        "planes": planes.run,
        "frames": frames.run,
        "gallery": gallery.run,
        "mixed": mixed.run,
        "viewer": viewer.run,
        "deid": deid.run,
    }
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the gallery on synthetic data.")
    parser.add_argument("names", nargs="+", choices=[*runs, "gates"], help="what to measure")
    parser.add_argument("--quick", action="store_true", help="fewer files and rows, for a first impression")
    arguments = parser.parse_args()
    quick: dict[str, dict[str, int]] = {
        "ingest": {"files": 100, "rounds": 1},
        "stow": {"files": 100, "rounds": 1, "drop_mb": 200},
        "dicomweb": {"files": 100, "rounds": 2, "rows": 10_000, "large_mb": 200},
        "render": {"repeats": 10},
        "planes": {"slices": 60, "repeats": 10},
        "frames": {"frames": 150, "repeats": 10},
        "gallery": {"rows": 50_000},
        "mixed": {"files": 100, "drop_mb": 200},
        "viewer": {"slices": 60, "turns": 1},
        "deid": {"files": 100},
    }
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    figures: dict[str, object] = {"machine": machine}
    if "gates" in arguments.names:
        verdict = gates.run()
        json.dump(figures | verdict, sys.stdout, indent=1)
        print("\n" + "\n".join(verdict["gates"]))
        return int(verdict["missed"] > 0)
    for name in arguments.names:
        figures[name] = runs[name](**(quick.get(name, {}) if arguments.quick else {}))
    json.dump(figures, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
