#!/usr/bin/env bash
# Run what every commit must pass; all steps run, so that one run shows every failure.
#   ./test.sh [--all] [-- PYTEST ARGUMENTS]
# --all adds the long tests (200 000 fuzzed inputs, kill loops, real peers, the whole corpus) and the gates of bench.
set -uo pipefail
home="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
cd "$home" || exit 1
. tools/venv.sh

all=no
while [ $# -gt 0 ]; do
    case $1 in
        --all) all=yes ;;
        --) shift; break ;;
        -h | --help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
        *) echo "test.sh: $1 is not known; arguments for pytest stand after --" >&2; exit 2 ;;
    esac
    shift
done
pytest_arguments=("$@")

ready_venv "$home" requirements-dev.txt || exit 1
bin="$home/.venv/bin"
export PATH="$bin:$PATH"
# Dozens of processes are started: each would compile the whole gallery anew where no bytecode may be kept.
unset PYTHONDONTWRITEBYTECODE

# have NAME PACKAGE...: 0 when a command of these names is there, after asking apt once when that is allowed.
apt_is_fresh=no
apt_get() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    if [ $apt_is_fresh = no ]; then
        apt-get update -qq >/dev/null 2>&1
        apt_is_fresh=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}
find_chromium() {
    local name
    for name in "${DICOMGALLERY_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chrome; do
        if [ -n "$name" ] && command -v "$name" >/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}
if ! chromium=$(find_chromium); then
    echo "No Chromium here; asking apt for one ..."
    apt_get chromium || true
    if ! chromium=$(find_chromium); then
        chromium=
        echo "No Chromium could be found or installed: the browser tests will be skipped by name."
        echo "Install chromium, or set DICOMGALLERY_CHROMIUM to one."
    fi
fi
export DICOMGALLERY_CHROMIUM=$chromium
if ! command -v dcmdump >/dev/null; then
    apt_get dcmtk || echo "dcmtk is not here: the tests against it will be skipped by name."
fi

echo "Building the viewer's stage where it is not built yet ..."
python -m dicomgallery.supervisor.bundling || echo "Without it, the tests of the stage will be skipped by name."

results="$home/test-results"
rm -rf "$results"
mkdir -p "$results"
passed=0
failed=()
step() {
    local name=$1 began=$SECONDS code=0
    shift
    printf '\n== %s\n' "$name"
    "$@" || code=$?
    if [ $code = 0 ]; then
        # What a step of tests holds is counted test by test.
        [[ $name == *tests ]] || passed=$((passed + 1))
        printf '== %s: passed (%d s)\n' "$name" $((SECONDS - began))
    else
        failed+=("$name")
        printf '== %s: FAILED with %d (%d s)\n' "$name" $code $((SECONDS - began))
    fi
}
templates() {
    if find templates -name '*.html' -print -quit | grep -q .; then
        djlint --lint --quiet templates
    else
        echo "no templates yet"
    fi
}

step "lint" ruff check .
step "format" ruff format --check .
step "types" mypy
step "layers" lint-imports --no-logo
step "templates" templates
step "spelling" codespell
if [ $all = yes ]; then
    step "long tests" env DICOMGALLERY_FUZZ=200000 pytest -m long --junit-xml="$results/long.xml"
    step "speed" python -m bench gates
fi
# The browser tests come first and stay with one worker: one Chromium, one server of samples, one to work in.
step "tests" pytest -n 2 --dist worksteal -m "not long" --junit-xml="$results/tests.xml" "${pytest_arguments[@]}"

if [ ${#failed[@]} -gt 0 ]; then
    printf '\n'
    printf 'failed: %s\n' "${failed[@]}"
fi
# One closing line for tests and checks together.
python - "$results" "$passed" "${failed[@]}" <<'COUNT'
import sys
from pathlib import Path
from xml.etree import ElementTree

folder, passed, *failed = sys.argv[1:]
tests = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
for file in Path(folder).glob("*.xml"):
    for suite in ElementTree.parse(file).getroot().iter("testsuite"):
        for name in tests:
            tests[name] += int(suite.get(name, "0"))
bad = tests["failures"] + tests["errors"]
# A step of tests is counted by its tests; one that broke before any of them failed counts as one.
steps_of_tests = {"tests", "long tests"}
bad += len([step for step in failed if step not in steps_of_tests])
bad += 1 if not bad and failed else 0
good = tests["tests"] - tests["failures"] - tests["errors"] - tests["skipped"] + int(passed)
print(f"{good} passed, {bad} failed, {tests['skipped']} skipped")
COUNT
[ ${#failed[@]} = 0 ]
