"""What a component of the rendered chart is told."""

from tests.deploy.chart import Object, Rendered


def container(rendered: Rendered, component: str) -> Object:
    found: Object = rendered.one("Deployment", component)["spec"]["template"]["spec"]["containers"][0]
    return found


def env(rendered: Rendered, component: str) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container(rendered, component)["env"]}


def volume(rendered: Rendered, component: str, name: str) -> Object:
    volumes = rendered.one("Deployment", component)["spec"]["template"]["spec"]["volumes"]
    return next((one for one in volumes if one["name"] == name), {})
