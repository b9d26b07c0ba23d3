"""Asks an orchestrator for a decision on a harmless prompt, as `helm test` does.

Exit status 0: it decided, with every check that policy requires; 1: it did not, and standard error says why.

ORCHESTRATOR: host:port. SECONDS: how long to wait, for it to be ready and to decide. SLUICE_CLIENT_TLS_DIR: a folder
with tls.crt, tls.key and ca.crt; without it the connection is in plaintext.
"""

import os
import sys
import uuid
from collections.abc import Mapping
from typing import Final

import grpc

from sluice.client_tls import ClientTls, open_channel, read_client_tls
from sluice.contract.names import short_name
from sluice.errors import ConfigError
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.orchestrator_pb2 import ModerateRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import Content, Operation, Request, Role, Stage

_OPTIONS: Final = (("grpc.enable_http_proxy", 0),)
PROMPT: Final = "A lighthouse on a calm morning, in watercolour"


def main(env: Mapping[str, str]) -> int:
    """Asks once; returns the exit status."""
    seconds = float(env.get("SECONDS", "60"))
    try:
        decision = ask(env["ORCHESTRATOR"], read_client_tls(env), seconds)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except grpc.RpcError as error:
        sys.stderr.write(f"{env['ORCHESTRATOR']}: {error.code().name}: {error.details()}\n")
        return 1
    reasons = ", ".join(f"{reason.rule} {reason.check}".strip() for reason in decision.reasons) or "none"
    sys.stdout.write(f"{short_name(Action, decision.action)} complete={decision.complete} reasons: {reasons}\n")
    if not decision.complete:
        sys.stderr.write("a check that policy requires has not answered: `kubectl get pods` and /readyz say which\n")
    return 0 if decision.complete else 1


def ask(address: str, tls: ClientTls | None, seconds: float) -> Decision:
    """The decision. grpc.RpcError where there is none in time."""
    request = Request(
        id=str(uuid.uuid4()),
        stage=Stage.STAGE_PROMPT,
        operation=Operation.OPERATION_GENERATE,
        contents=[Content(role=Role.ROLE_PROMPT, text=PROMPT)],
    )
    with open_channel(address, tls, _OPTIONS) as channel:
        answer = OrchestratorStub(channel).Moderate(
            ModerateRequest(request=request), timeout=seconds, wait_for_ready=True
        )
    return answer.decision


if __name__ == "__main__":
    sys.exit(main(os.environ))
