#!/bin/sh
# Measures against the peers: `ty`, `ruff` and `just`, from PyPI, in a folder that is removed afterwards. Not part of
# `cargo bench` alone, which compares with whatever of them is on PATH. Arguments name benchmarks; all without any.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check ruff ty rust-just
"$tools/bin/ruff" --version
"$tools/bin/ty" --version
"$tools/bin/just" --version
[ $# -gt 0 ] || set -- check startup steps
for name; do
    echo
    echo "== $name"
    PATH="$tools/bin:$PATH" cargo bench --quiet --bench "$name"
done
