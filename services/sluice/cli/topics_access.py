"""`sluice topics access`, and what `sluice topics create --access` says."""

import os
import sys
from collections.abc import Sequence

import typer

from sluice.bus.access import PRINCIPALS, Principal, check_principal, find_principals
from sluice.bus.access_acls import AccessReport, Grant, Naming, grant, look
from sluice.cli.tell import put_json, refuse, say, show_table
from sluice.cli.topics_access_forms import AUTHENTICATIONS, json_of, kafka_commands, rows, strimzi
from sluice.cli.where import find_kafka
from sluice.settings import KafkaSettings

PREFIX = typer.Option("", "--principal-prefix", metavar="TEXT", help="Before each name, such as sluice- or CN=.")
SUFFIX = typer.Option("", "--principal-suffix", metavar="TEXT", help="Behind each name, such as ,O=acme.")
CHECKS = typer.Option(
    [], "--check", metavar="SERVICE=CHECK", help="A check of yours: its service and its own name. Repeatable."
)
DIFFERS = 1
"""Exit status where a cluster's ACLs are not those of the table."""


def access(
    principal: list[str] = typer.Option([], metavar="NAME", help="These alone. Repeatable."),
    form: str = typer.Option(
        "table", "--format", metavar="table|json|kafka|strimzi", help="kafka: commands. strimzi: KafkaUser resources."
    ),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json: a line for each principal."),
    prefix: str = PREFIX,
    suffix: str = SUFFIX,
    check: list[str] = CHECKS,
    cluster: str = typer.Option("kafka", metavar="NAME", help="strimzi: the Kafka resource's name."),
    namespace: str = typer.Option("", metavar="NAME", help="strimzi: where the Kafka resource is."),
    authentication: str = typer.Option(AUTHENTICATIONS[0], metavar="|".join(AUTHENTICATIONS), help="strimzi: how."),
    compare: bool = typer.Option(False, "--compare", help="Look how the broker's ACLs differ; changes nothing."),
) -> None:
    """What each principal may do on the broker: services, people, programs. Needs no broker.

    Exit status: 0; with --compare 1 where something is missing, too much, forbidden or a stranger's; 2 wrong usage.
    """
    naming = Naming(prefix, suffix)
    table = with_checks(check)
    try:
        chosen = find_principals(principal, table)
    except KeyError as error:
        refuse(f"no principal is called {error.args[0]!r}; there are: {', '.join(one.name for one in table)}")
    if compare:
        report = look(find_kafka(os.environ, say), naming, table)
        tell(report, asked=False)
        differs = report.created or report.superfluous or report.strangers or report.denied
        raise typer.Exit(DIFFERS if differs else 0)
    match "json" if as_json else form:
        case "json":
            for one in chosen:
                put_json(json_of(one, naming))
        case "kafka":
            sys.stdout.write("".join(f"{line}\n" for line in kafka_commands(chosen, naming)))
        case "strimzi":
            if suffix or authentication not in AUTHENTICATIONS:
                refuse(f"a KafkaUser has no suffix, and logs in by {', '.join(AUTHENTICATIONS)}")
            # Strimzi's operators grant; a user of ours that grants would fight with them.
            users = chosen if principal else [one for one in chosen if one.name != "access"]
            sys.stdout.write(strimzi(users, prefix, cluster, authentication, namespace))
        case "table":
            show_table(list(rows(chosen, naming)))
        case _:
            refuse(f"--format {form}: there are table, json, kafka and strimzi")


def with_checks(words: Sequence[str]) -> Sequence[Principal]:
    """The table with the checks that are named. Ends the command for a word that names none."""
    added: list[Principal] = []
    known = {one.name for one in PRINCIPALS}
    for word in words:
        service, _, name = word.partition("=")
        if not service or not name or service in known:
            refuse(f"--check {word}: should be SERVICE=CHECK, of a service that is not one of ours")
        added.append(check_principal(service, name))
    return (*PRINCIPALS, *added)


def create_access(kafka: KafkaSettings, naming: Naming, prune: bool, checks: Sequence[str]) -> None:
    """Grants what is missing, and says what else there is."""
    tell(grant(kafka, naming, prune, with_checks(checks)), asked=True)


def tell(report: AccessReport, asked: bool) -> None:
    """Says what was found and done; `asked`: to grant."""
    _list(report.created, "granted" if asked else "missing")
    mend = "; --prune takes it away" if asked else ""
    _list(report.superfluous, "taken away" if report.removed else f"not in the table{mend}")
    _list(report.strangers, "a stranger who may change what sluice goes by")
    _list(report.denied, "forbidden, whatever is granted")
    missing, too_much = len(report.created), len(report.superfluous)
    say(
        f"{missing} {'granted' if asked else 'missing'}, {len(report.existing)} there already, "
        f"{too_much} {'taken away' if report.removed else 'too many'}, {len(report.strangers)} of strangers"
    )


def _list(grants: Sequence[Grant], what: str) -> None:
    for one in grants:
        say(f"{one}: {what}")
