"""Verifies everything that deploys: the chart, the images' and the laptop's files.

python -m tests.deploy.verify            all of it, on a real API server; needs `make verify-deploy-tools`
python -m tests.deploy.verify --quick    what needs nothing but helm, which it builds where it is not there

The last line is one JSON object. Exit status 1 where anything failed, also for want of a tool.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sluice.errors import SluiceError
from tests.deploy.cluster.control_plane import control_plane
from tests.deploy.verify.on_a_server import programs_of_the_cluster, steps_on_a_server
from tests.deploy.verify.report import Report
from tests.deploy.verify.static import Kit, kit, steps_of_files, steps_with_programs

NOT_QUICK = ("kubeconform", "Compose's own reader", "skaffold diagnose", "skaffold render", "API server")
"""What a quick run leaves out."""


def main(arguments: list[str]) -> int:
    """Returns the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.verify", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="what needs nothing but helm")
    quick: bool = parser.parse_args(arguments).quick
    report = Report(_say)
    with TemporaryDirectory(prefix="sluice-helm-") as work:
        made: list[Kit] = []
        if report.run("tools", lambda: _tools(made, quick, Path(work))):
            steps_of_files(report, made[0])
            if quick:
                for name in NOT_QUICK:
                    report.leave_out(name)
            else:
                steps_with_programs(report, made[0])
                _on_a_server(report, made[0])
        else:
            for name in ("helm and the files of deploy", *NOT_QUICK):
                report.leave_out(name)
    _say(report.last_line())
    return 0 if report.well else 1


def _tools(made: list[Kit], quick: bool, work: Path) -> list[str]:
    made.append(kit(quick, work, os.environ, _say))
    return made[0].versions()


def _on_a_server(report: Report, tools: Kit) -> None:
    try:
        with control_plane(programs_of_the_cluster(tools.env), tools.env) as access:
            steps_on_a_server(report, access, tools.helm, tools.env)
    except SluiceError as error:
        report.failed.append("API server")
        _say(f"FAIL  API server\n        {error}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
