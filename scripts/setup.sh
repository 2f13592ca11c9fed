#!/bin/sh
# Make .venv from the hashed lock: by uv where it is installed, else by venv and pip. A second call does nothing.
set -eu
cd "$(dirname "$0")/.."

wanted=$(cat requirements.lock setup.cfg pyproject.toml | cksum)
stamp=.venv/.made-from
[ -x .venv/bin/portal ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
}

by_uv() {
    [ -x .venv/bin/python ] || uv venv -q ${python:+--python "$python"} .venv
    uv pip install -q --python .venv/bin/python --compile-bytecode --require-hashes -r requirements.lock
    uv pip install -q --python .venv/bin/python --no-deps -e .
}

by_pip() {
    if ! [ -x .venv/bin/pip ]; then
        if ! "$python" -m venv .venv 2>/dev/null; then
            rm -rf .venv
            echo "Portal needs Python's venv module (Debian, Ubuntu: apt-get install python3-venv) or uv; then run this again." >&2
            exit 1
        fi
    fi
    .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/pip install -q --disable-pip-version-check --no-deps -e .
}

python=$(find_python)
echo "Setting up .venv (once) ..." >&2
if uv --version >/dev/null 2>&1; then
    by_uv
elif [ -n "$python" ]; then
    by_pip
else
    echo "Portal needs Python 3.11 or newer, or uv, which brings one; install either, then run this again." >&2
    exit 1
fi
echo "$wanted" >"$stamp"
