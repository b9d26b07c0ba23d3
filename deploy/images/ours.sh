#!/bin/sh
# Adds to /opt/sluice/env the wheel in /wheels and the extension in /native, and sees that what is native loads.
set -eu
env=/opt/sluice/env
site=$env/lib/python3.11/site-packages

umask 022
python3 -m pip --python "$env/bin/python" install --quiet --no-cache-dir --no-compile --no-deps --no-index /wheels/*.whl
cp /native/_native.abi3.so "$site/sluice/"
mkdir -p "$env/share/sluice" && cp /native/Cargo.lock "$env/share/sluice/"
for package in $("$env/bin/python" -c 'from importlib.metadata import distribution as d; print(*d("sluice").read_text("top_level.txt").split())'); do
  "$env/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$site/$package"
done
"$env/bin/python" - <<'PYTHON'
import sys
from importlib import import_module
from importlib.metadata import entry_points

from sluice.extension import extension

for name in ("c2pa", "confluent_kafka", "grpc", "obstore", "onnxruntime", "pi_heif"):
    import_module(name)
for group in ("sluice.services", "sluice.checks", "sluice.parts"):
    for each in entry_points(group=group):
        each.load()
if extension() is None:
    sys.exit("the native extension is not the one that this code was written against")
PYTHON
rm -rf /wheels /native
chmod -R a+rX,go-w /opt/sluice
