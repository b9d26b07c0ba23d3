"""What may stay when a release is gone."""

from tests.deploy.verify.leftovers import _split


def _object(kind: str, name: str) -> dict[str, object]:
    return {"kind": kind, "metadata": {"name": name}}


def test_data_may_stay_and_what_the_control_plane_makes_is_not_counted() -> None:
    left = [
        _object("ServiceAccount", "default"),
        _object("ConfigMap", "kube-root-ca.crt"),
        _object("PersistentVolumeClaim", "verify-sluice-hashes"),
        _object("KafkaTopic", "moderation.requests"),
    ]
    assert _split(left) == (["PersistentVolumeClaim/verify-sluice-hashes", "KafkaTopic/moderation.requests"], [])


def test_anything_else_is_left_behind() -> None:
    left = [_object("ServiceAccount", "verify-sluice-ingest"), _object("Pod", "verify-sluice-test")]
    assert _split(left) == ([], ["ServiceAccount/verify-sluice-ingest", "Pod/verify-sluice-test"])
