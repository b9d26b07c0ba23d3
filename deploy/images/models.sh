#!/bin/sh
# Leaves in /opt/sluice/models every model whole (`all`), or cards and configurations without pulled weights (`none`).
set -eu
export SLUICE_MODELS=/opt/sluice/models
sluice=/opt/sluice/env/bin/sluice

case $1 in
  all)
    "$sluice" models pull
    "$sluice" models verify
    ;;
  none)
    # Weights of our own training have no source to be pulled from, and stay.
    for card in "$SLUICE_MODELS"/*/card.yaml; do
      if grep -q '^sources:' "$card"; then
        find "$(dirname "$card")" -mindepth 2 -type f -delete
      fi
    done
    ;;
  *)
    echo "MODELS=$1 should be all or none" >&2
    exit 1
    ;;
esac
chmod -R a+rX,go-w "$SLUICE_MODELS"
