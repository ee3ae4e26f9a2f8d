"""`python -m bench ingest|render|gallery|mixed [--quick]` prints its figures as JSON."""

import argparse
import json
import os
import platform

from bench import gallery, ingest, mixed, render


def main() -> None:
    """Run the named benchmarks and print one JSON object."""
    runs = {"ingest": ingest.run, "render": render.run, "gallery": gallery.run, "mixed": mixed.run}
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the gallery on synthetic data.")
    parser.add_argument("names", nargs="*", choices=[*runs, []], help="which to run; all of them when none is named")
    parser.add_argument("--quick", action="store_true", help="fewer files and rows, for a first impression")
    arguments = parser.parse_args()
    quick: dict[str, dict[str, int]] = {
        "ingest": {"files": 100, "rounds": 1},
        "gallery": {"rows": 50_000},
        "mixed": {"files": 100, "drop_mb": 200},
    }
    figures: dict[str, object] = {"machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
    for name in arguments.names or runs:
        figures[name] = runs[name](**(quick.get(name, {}) if arguments.quick else {}))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
