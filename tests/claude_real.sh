#!/usr/bin/env bash
# The provider `claude` with the real program, against a scripted server on this machine: nothing is asked anywhere else.
# Installs the program by its package's name into the target folder. Opt-in: it needs npm and its registry.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${CARGO_TARGET_DIR:-target}/claude-cli
mkdir -p "$folder"
npm install --prefix "$folder" --no-audit --no-fund --silent @anthropic-ai/claude-code \
  || { echo "skipped: the package of the claude command line cannot be installed here"; exit 0; }
program=$(readlink -f "$folder/node_modules/.bin/claude")
echo "with $("$program" --version)"
WFLOW_CLAUDE=$program cargo test --quiet --test claude real
