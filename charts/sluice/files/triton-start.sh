#!/bin/sh
# Starts tritonserver on the repository that `python -m sluice.models.triton_repository` made. For NVIDIA's container
# image, which has the onnxruntime backend; see docs/triton.md. Everything that is not inference asks for a key.
# Arguments are further options of tritonserver.
set -eu
: "${REPOSITORY:=/models}" "${GRPC_ADDRESS:=127.0.0.1}" "${GRPC_PORT:=8001}" "${METRICS_PORT:=8002}"
: "${ADMIN_KEY:?a secret of letters and digits: who has it can load code}"
: "${MEMORY_KEY:?a secret of letters and digits: SLUICE_TRITON_MEMORY_KEY of the services}"
exec tritonserver \
  --model-repository="$REPOSITORY" \
  --model-control-mode=explicit --load-model='*' \
  --exit-on-error=true --strict-readiness=true --exit-timeout-secs=30 \
  --allow-http=false \
  --grpc-address="$GRPC_ADDRESS" --grpc-port="$GRPC_PORT" \
  --metrics-address="$GRPC_ADDRESS" --metrics-port="$METRICS_PORT" \
  --grpc-restricted-protocol="model-repository,trace,logging:admin-key=$ADMIN_KEY" \
  --grpc-restricted-protocol="shared-memory:memory-key=$MEMORY_KEY" \
  "$@"
