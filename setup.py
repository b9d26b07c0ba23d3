"""Generates the typed contract from `protos/`, and builds `native/` where Rust is, whenever the package is built or
installed."""

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools_rust import RustExtension

ROOT = Path(__file__).parent.resolve()


class BuildWithContract(build_py):
    """`protos/sluice/v1/*.proto` becomes `services/sluice/v1/*_pb2.py` with type stubs; never committed."""

    def run(self) -> None:
        protos = sorted((ROOT / "protos").rglob("*.proto"))
        out = ROOT / "services"
        for stale in (out / "sluice" / "v1").glob("*_pb2*"):
            stale.unlink()
        command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={ROOT / 'protos'}"]
        command += [f"--{kind}_out={out}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
        # The plugins lie beside the interpreter; an installer does not always put that on PATH.
        scripts = Path(sys.executable).parent
        for plugin in ("mypy", "mypy_grpc"):
            beside = scripts / f"protoc-gen-{plugin}"
            if beside.exists():
                command.append(f"--plugin=protoc-gen-{plugin}={beside}")
        subprocess.run([*command, *map(str, protos)], check=True)
        (out / "sluice" / "v1" / "__init__.py").write_text('"""Generated from protos/sluice/v1."""\n')
        # In a fresh checkout there was no such folder yet when packages were looked for.
        if "sluice.v1" not in self.packages:
            self.packages.append("sluice.v1")
        super().run()


# Optional: without cargo the install goes on, and `sluice.hashes` computes the same answers with NumPy.
NATIVE = RustExtension("sluice._native", "native/Cargo.toml", debug=False, optional=True, py_limited_api=True)

setup(
    cmdclass={"build_py": BuildWithContract},
    rust_extensions=[NATIVE],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
