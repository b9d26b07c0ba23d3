#!/bin/sh
# Unpacks into /extras what a service needs beyond the others: extras.sh SERVICE
set -eu
service=${1:?say which service: --build-arg SERVICE=ingest}

umask 022
mkdir /extras
if [ -f "/locks/$service.lock" ]; then
  python3 -m pip install --quiet --no-cache-dir --no-compile --no-deps --require-hashes --only-binary :all: \
    --target /extras -r "/locks/$service.lock"
  rm -rf /extras/bin
  python3 -m compileall -q --invalidation-mode unchecked-hash /extras || true
fi
