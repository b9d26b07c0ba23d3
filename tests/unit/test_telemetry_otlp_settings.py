"""OpenTelemetry's variables: heeded, or refused with their names."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.settings import Reader, read_settings
from sluice.telemetry.otlp_settings import OtlpSettings, read_otlp

ENDPOINT, HEADERS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
FILES = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY")


def read(**env: str) -> OtlpSettings:
    reader = Reader(env)
    found = read_otlp(reader)
    reader.finish()
    return found


def problem(**env: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(**env)
    (found,) = caught.value.problems
    return found


def test_without_an_endpoint_nothing_is_sent_and_nothing_else_matters() -> None:
    assert read() == OtlpSettings()
    assert read(OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf", OTEL_EXPORTER_OTLP_HEADERS="=") == OtlpSettings()


@pytest.mark.parametrize(
    ("raw", "target", "tls"),
    [
        ("http://collector:4317", "collector:4317", False),
        ("http://collector", "collector:4317", False),
        ("http://collector:", "collector:4317", False),
        ("https://collector:443/", "collector:443", True),
        ("http://[::1]:4317", "[::1]:4317", False),
        ("http://[::1]", "[::1]:4317", False),
    ],
)
def test_an_endpoint_is_a_host_and_says_whether_it_speaks_tls(raw: str, target: str, tls: bool) -> None:
    assert read(**{ENDPOINT: raw}) == OtlpSettings(target, tls)


@pytest.mark.parametrize(
    "raw",
    [
        "collector:4317",
        "grpc://collector:4317",
        "http://",
        "http://:4317",
        "http://collector:port",
        "http://collector:70000",
        "http://collector:0",
        "http://name:secret@collector:4317",
        "http://collector:4317/v1/traces",
        "http://collector:4317?secret=1",
        "http://[::1:4317",
        "http://col lector:4317",
    ],
)
def test_what_is_no_endpoint_is_refused_and_not_repeated(raw: str) -> None:
    assert problem(**{ENDPOINT: raw}) == f"{ENDPOINT} should be http://host:port, or https://host:port for TLS"


def test_another_protocol_is_refused() -> None:
    found = problem(**{ENDPOINT: "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"})
    assert found == "OTEL_EXPORTER_OTLP_PROTOCOL='http/protobuf' should be one of grpc"


def test_headers_are_pairs_with_encoded_values() -> None:
    found = read(**{ENDPOINT: "http://c", HEADERS: "X-Token=a%20b=, x-other = 2 ,"})
    assert found.headers == (("x-token", "a b="), ("x-other", "2"))


@pytest.mark.parametrize(
    "raw", ["secret", "=secret", "x y=secret", "x=sec%0Aret", "x=", "x-bin=secret", "x=sec\u00e9"]
)
def test_bad_headers_are_refused_and_not_repeated(raw: str) -> None:
    found = problem(**{ENDPOINT: "http://c", HEADERS: raw})
    assert found == f"{HEADERS} should be key=value with commas between, values percent-encoded"


def test_files_must_be_there_and_a_certificate_has_a_key(tmp_path: Path) -> None:
    files = {name: str(tmp_path / f"{number}.pem") for number, name in enumerate(FILES)}
    for path in files.values():
        Path(path).touch()
    found = read(**{ENDPOINT: "https://c"}, **files)
    assert (found.authority, found.certificate, found.key) == tuple(Path(path) for path in files.values())
    assert problem(**{ENDPOINT: "https://c", FILES[1]: files[FILES[1]]}) == f"{FILES[1]} and {FILES[2]} go together"
    gone = str(tmp_path / "gone.pem")
    assert problem(**{ENDPOINT: "https://c", FILES[0]: gone}) == f"{FILES[0]}: there is no file {gone}"


def test_compression_is_none_or_gzip() -> None:
    name = "OTEL_EXPORTER_OTLP_COMPRESSION"
    assert read(**{ENDPOINT: "http://c", name: "gzip"}).compress
    assert "should be one of none, gzip" in problem(**{ENDPOINT: "http://c", name: "zstd"})


@pytest.mark.parametrize(
    ("raw", "ratio"), [("", 1.0), ("0", 0.0), ("1", 1.0), ("0.05", 0.05), (".5", 0.5), ("1.0", 1.0)]
)
def test_the_part_that_is_traced_is_a_number_from_0_to_1(raw: str, ratio: float) -> None:
    env = {"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", "SLUICE_TRACE_SAMPLE": raw}
    reader = Reader(env)
    assert read_settings(reader, env).trace_sample == ratio
    reader.finish()


@pytest.mark.parametrize("raw", ["2", "1.1", "-0.5", "5%", "1e-3", "nan", "inf", "0,5", "."])
def test_what_is_no_part_is_refused(raw: str) -> None:
    reader = Reader({"SLUICE_TRACE_SAMPLE": raw})
    reader.fraction("SLUICE_TRACE_SAMPLE", 1.0)
    with pytest.raises(ConfigError, match="should be a number from 0 to 1"):
        reader.finish()
