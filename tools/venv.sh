# shellcheck shell=bash
# Sourced by run.sh and test.sh: makes and fills `.venv` in the checkout.

# find_python: print the command of a Python >= 3.11, or fail.
# Each is asked, since a name on the PATH may be a hollow shim.
find_python() {
    local name
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3.14 python3 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s\n' "$name"
            return 0
        fi
    done
    return 1
}

# ready_venv HOME REQUIREMENTS: have HOME/.venv hold what the file pins.
# When the stamp in it says so already, nothing is called at all.
ready_venv() {
    local home=$1 requirements=$2
    local venv="$home/.venv" stamp="$home/.venv/.stamp-$2" python sum
    sum=$(cat "$home"/requirements.txt "$home/$requirements" | cksum)
    if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$sum" ]; then
        return 0
    fi
    if ! "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        if ! python=$(find_python); then
            echo "DICOM Gallery needs Python 3.11 or newer, and none is on the PATH." >&2
            echo "Install it (Debian and Ubuntu: apt install python3 python3-venv), or name it: PYTHON=/path/to/python3 $0" >&2
            return 1
        fi
        if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            echo "This Python ($python) lacks its venv module." >&2
            echo "Install it (Debian and Ubuntu: apt install python3-venv), then run this again." >&2
            return 1
        fi
        echo "Setting up with $("$python" --version) ..." >&2
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    echo "Installing what $requirements pins; this is done once and takes a minute ..." >&2
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --requirement "$home/$requirements"; then
        echo "The packages could not be installed; the lines above say why. Without a network, put wheels" >&2
        echo "in a folder and set PIP_FIND_LINKS to it." >&2
        return 1
    fi
    # The test packages include those of the gallery.
    if [ "$requirements" != requirements.txt ]; then
        cat "$home/requirements.txt" "$home/requirements.txt" | cksum > "$venv/.stamp-requirements.txt"
    fi
    printf '%s\n' "$sum" > "$stamp"
}
