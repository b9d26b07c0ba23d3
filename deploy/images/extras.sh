#!/bin/sh
# Unpacks into /extras/packages what a service needs beyond the others, and names it in /extras/service.
set -eu
service=${1:?say which service: --build-arg SERVICE=ingest}

umask 022
mkdir -p /extras/packages
echo "$service" >/extras/service
if [ -f "/locks/$service.lock" ]; then
  python3 -m pip install --quiet --no-cache-dir --no-compile --no-deps --require-hashes --only-binary :all: \
    --target /extras/packages -r "/locks/$service.lock"
  rm -rf /extras/packages/bin
  python3 -m compileall -q --invalidation-mode unchecked-hash /extras/packages || true
fi
