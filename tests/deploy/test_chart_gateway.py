"""The gateway's door to the world: a Service for HTTP, an Ingress, a route of the Gateway API."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.deploy.chart import VALUE_FILES, render

HOST: Final = "moderation.example.org"
FROM: Final[Mapping[str, Any]] = {"services": {"gateway": {"http": {"from": [{"podSelector": {}}]}}}}
ROUTE: Final[Mapping[str, Any]] = {
    "enabled": True,
    "hosts": [HOST],
    "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
}


def opened(**gateway: object) -> dict[str, Any]:
    return {"gateway": gateway, **FROM}


@pytest.mark.parametrize("name", VALUE_FILES)
def test_http_has_a_service_that_leads_to_the_gateways_door(name: str) -> None:
    rendered = render(name)
    service = rendered.one("Service", "gateway-http")["spec"]
    assert service["selector"] == rendered.one("Deployment", "gateway")["spec"]["selector"]["matchLabels"]
    assert service["ports"] == [{"name": "http", "port": 80, "targetPort": "http", "appProtocol": "http"}]
    # Any replica answers anybody: no session, and no headless name that keeps a client with one of them.
    assert not {"sessionAffinity", "clusterIP", "type"} & service.keys()
    container = rendered.one("Deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "http", "containerPort": 8080} in container["ports"]


def test_nothing_leads_in_from_outside_unless_it_is_asked_for() -> None:
    for name in ("values", "small", "gpu", "remote-kafka"):
        assert not {*render(name).of("Ingress"), *render(name).of("HTTPRoute")}, name
    assert not render("values", {"services": {"gateway": {"enabled": False}}}).of("Service").keys() & {
        "sluice-gateway",
        "sluice-gateway-http",
    }


def test_an_ingress_has_the_certificate_by_reference_and_no_pages_for_people() -> None:
    rendered = render("production")
    ingress = rendered.one("Ingress", "gateway")["spec"]
    assert ingress["tls"] == [{"hosts": [HOST], "secretName": "sluice-gateway-certificate"}]
    (rule,) = ingress["rules"]
    assert rule["host"] == HOST
    assert [one["path"] for one in rule["http"]["paths"]] == ["/v1", "/openapi.json"]
    backends = [one["backend"]["service"] for one in rule["http"]["paths"]]
    assert backends == [{"name": "sluice-gateway-http", "port": {"name": "http"}}] * 2
    own = rendered.one("Ingress", "gateway")["metadata"]["annotations"]
    # As large as the gateway takes by default.
    assert own["nginx.ingress.kubernetes.io/proxy-body-size"] == f"{(28 << 20) >> 20}m"


def test_the_console_goes_out_where_that_is_said() -> None:
    paths = ["/v1", "/console"]
    rendered = render("values", opened(paths=paths, ingress={"enabled": True, "hosts": [HOST], "tlsSecret": "a"}))
    (rule,) = rendered.one("Ingress", "gateway")["spec"]["rules"]
    assert [one["path"] for one in rule["http"]["paths"]] == paths


def test_a_route_hangs_on_somebodys_gateway() -> None:
    route = render("values", opened(route=ROUTE)).one("HTTPRoute", "gateway")["spec"]
    assert route["parentRefs"] == ROUTE["parentRefs"]
    assert route["hostnames"] == [HOST]
    (rule,) = route["rules"]
    assert [one["path"]["value"] for one in rule["matches"]] == ["/v1", "/openapi.json"]
    assert rule["backendRefs"] == [{"name": "sluice-gateway-http", "port": 80}]


def test_tls_may_end_before_the_ingress_where_that_is_said() -> None:
    rendered = render("values", opened(ingress={"enabled": True, "hosts": [HOST], "plainHttp": True}))
    assert "tls" not in rendered.one("Ingress", "gateway")["spec"]
