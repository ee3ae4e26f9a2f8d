#!/usr/bin/env bash
# Set the gallery up and start it. All a machine needs is Python 3.11 or newer.
#   ./run.sh [--open] [--port N] [--data DIR] ...     (./run.sh --help says all)
set -euo pipefail
home="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
. "$home/tools/venv.sh"
ready_venv "$home" requirements.txt
exec "$home/.venv/bin/python" "$home/app.py" "$@"
