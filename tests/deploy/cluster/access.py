"""How to reach the API server: a kubeconfig for programs, HTTP for watches."""

import json
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Final

import yaml

from tests.deploy.cluster import command

Object = dict[str, Any]
"""An object of Kubernetes as JSON has it."""

_SECONDS: Final = 30.0
_QUIET_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Access:
    """As an administrator. `certificate`: what vouches for the server."""

    port: int
    token: str
    certificate: Path
    kubeconfig: Path
    kubectl: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment in which helm, kubectl and skaffold reach this server and no other."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}

    def write_kubeconfig(self) -> None:
        """For the programs of Kubernetes, and for helm."""
        cluster = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": str(self.certificate)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "verify", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "verify", "context": {"cluster": "verify", "user": "admin"}}],
            "current-context": "verify",
        }
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")

    def run(self, *arguments: str, stdin: str = "") -> command.Ended:
        """kubectl, run to its end, whichever that is."""
        return command.run([self.kubectl, *arguments], self.env, stdin)

    def must(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl prints. CommandError where it is refused."""
        return command.must([self.kubectl, *arguments], self.env, stdin).out

    def apply(self, objects: list[Object], *arguments: str) -> None:
        """Makes the objects what they are here. CommandError where one is refused. They are not checked against the
        server's description of all its kinds first, which is slow to make anew after each new definition."""
        document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.must(
            "apply", "--server-side", "--force-conflicts", "--validate=ignore", "-f", "-", *arguments, stdin=document
        )

    def list(self, kinds: str, *arguments: str) -> list[Object]:
        """All objects of the kinds (`pods,services`); `arguments` say in which namespace and with which labels."""
        items: list[Object] = json.loads(self.must("get", kinds, "-o", "json", *arguments))["items"]
        return items

    def status(self, path: str) -> int:
        """The HTTP status of a GET. OSError where nobody answers."""
        with self._get(path, {}) as connection:
            return connection.getresponse().status

    def get(self, path: str) -> Object:
        """The JSON at a path of the API."""
        with self._get(path, {}) as connection:
            document: Object = json.load(connection.getresponse())
            return document

    def watch(self, path: str, version: str) -> Iterator[Object]:
        """Every change below a path after a resource version, as it happens: `{"type": .., "object": ..}`.

        Ends after a second without one, or where the server ends it: a watch after the last version seen goes on
        without a gap. OSError where the server refuses or is gone.
        """
        query = {"watch": "1", "resourceVersion": version}
        with self._get(path, query, _QUIET_SECONDS) as connection:
            try:
                response = connection.getresponse()
                if response.status != 200:
                    raise OSError(f"the API server answers {response.status} to a watch of {path}")
                while line := response.readline():
                    yield json.loads(line)
            except TimeoutError:
                return

    @contextmanager
    def _get(self, path: str, query: Mapping[str, str], seconds: float = _SECONDS) -> Iterator[HTTPSConnection]:
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=seconds, context=context)
        whole = "&".join([f"{name}={value}" for name, value in query.items()])
        try:
            connection.request("GET", f"{path}?{whole}", headers={"Authorization": f"Bearer {self.token}"})
            yield connection
        finally:
            connection.close()
