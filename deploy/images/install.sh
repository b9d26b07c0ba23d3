#!/bin/sh
# Makes /opt/sluice/env with the packages of a lock: install.sh LOCK
# The environment has no pip, and its byte code is made here, for nothing can be written where it runs.
set -eu
env=/opt/sluice/env

umask 022
python3 -m venv --without-pip "$env"
python3 -m pip --python "$env/bin/python" install --quiet --no-cache-dir --no-compile --no-deps --require-hashes \
  --only-binary :all: -r "$1"
# By its content, not by its time, so that the same sources give the same bytes. Some packages carry templates that are
# no Python: those stay as they are.
"$env/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$env/lib" || true
chmod -R a+rX,go-w /opt/sluice
