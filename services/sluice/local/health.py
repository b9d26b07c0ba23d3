"""Asking a service whether it is ready, over the standard gRPC health protocol."""

from enum import StrEnum

import grpc
from grpc_health.v1 import health_pb2

from sluice.client_tls import ClientTls, open_channel
from sluice.local.ports import listens


class Health(StrEnum):
    """What a service says of itself, or that it says nothing."""

    SERVING = "SERVING"
    NOT_SERVING = "NOT_SERVING"
    UNREACHABLE = "UNREACHABLE"


def ask_health(address: str, seconds: float = 1.0, tls: ClientTls | None = None) -> Health:
    """The health of the server as a whole (service name ""), asked over a connection of its own."""
    with open_channel(address, tls, [("grpc.enable_http_proxy", 0)]) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(service=""), timeout=seconds)
        except grpc.RpcError:
            return Health.UNREACHABLE
    serving = health_pb2.HealthCheckResponse.SERVING
    return Health.SERVING if answer.status == serving else Health.NOT_SERVING


def ask_kafka(bootstrap: str, seconds: float = 1.0) -> Health:
    """SERVING where one of the brokers accepts connections; whether it answers too, services tell."""
    for server in bootstrap.split(","):
        host, _, port = server.strip().rpartition(":")
        if port.isdecimal() and listens(int(port), seconds, host.strip("[]")):
            return Health.SERVING
    return Health.UNREACHABLE
