#!/bin/sh
# Writes requirements/*.txt: exact versions with hashes, valid for every platform, and no registry's address.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
    --no-emit-index-url --no-emit-find-links --no-header "$@"; }
compile requirements/build.in -o requirements/build.txt
compile pyproject.toml -o requirements/runtime.txt
compile -c requirements/runtime.txt --extra local pyproject.toml -o requirements/local.txt
compile -c requirements/runtime.txt pyproject.toml requirements/dev.in -o requirements/dev.txt
