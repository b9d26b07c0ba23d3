#!/bin/sh
# Makes /opt/sluice/env of a lock and of what lies in /wheels and /native: install.sh LOCK
# The environment has no pip, and its byte code is made here, for nothing can be written where it runs.
set -eu
lock=$1
env=/opt/sluice/env
site=$env/lib/python3.11/site-packages

umask 022
python3 -m venv --without-pip "$env"
pip="python3 -m pip --python $env/bin/python install --quiet --no-cache-dir --no-compile --no-deps"
$pip --require-hashes --only-binary :all: -r "$lock"
$pip --no-index /wheels/*.whl
cp /native/_native.abi3.so "$site/sluice/"
mkdir -p /opt/sluice/native && cp /native/Cargo.lock /opt/sluice/native/

# By its content, not by its time, so that the same sources give the same bytes.
"$env/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$site" || true
"$env/bin/python" - <<'PYTHON'
import sys
from sluice.extension import extension
import c2pa, confluent_kafka, grpc, onnxruntime  # noqa
if extension() is None:
    sys.exit("the native extension is not the one that this code was written against")
PYTHON
rm -rf /wheels /native
chmod -R a+rX,go-w /opt/sluice
