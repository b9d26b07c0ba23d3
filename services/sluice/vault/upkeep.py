"""What is done with the whole vault: expiry, rewrapping, looking whether all of it is what it was."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.errors import NotReadyError, TerminalError
from sluice.objects import ForbiddenUriError
from sluice.vault.audit import Said
from sluice.vault.entry import Action, Head
from sluice.vault.errors import TamperedError, UnknownEvidenceError, UnsoundLogError
from sluice.vault.folder import Folder
from sluice.vault.root import root_series
from sluice.vault.shelf import remove
from sluice.vault.store import REPORTER, Vault


@dataclass(frozen=True, slots=True)
class Done:
    """`done`: ids of the evidence that it was done to. `failed`: id -> why not; a person should look."""

    done: tuple[str, ...]
    failed: dict[str, str]
    seen: int


def expire(vault: Vault, who: str = REPORTER, enough: Callable[[], bool] = lambda: False) -> Done:
    """Destroys what is due, each with its lines in the audit log, and ends what a crash left half destroyed. Blocks.
    `enough`: asked before each piece; once it says so, the rest is left for the next time.

    What cannot be read stays, and is named. Raises TamperedError where the audit log is not sound (nothing is
    destroyed then), RetryableError.
    """
    _tidy(vault)
    return _each(vault, lambda evidence: vault.expire(evidence, who), enough)


def rewrap(vault: Vault, who: str = REPORTER) -> Done:
    """Wraps every data key, and the vault's secret, by the wrapper's current key; after that, if nothing failed, the
    older ones can go. Blocks. Raises as `expire`, and MissingKeyError where the secret's own key is missing."""
    if root_series(vault.shelf, vault.wrapper).rewrap():
        vault.log.append(Said(who, Action.REWRAPPED, why=f"the vault's secret, by {vault.wrapper.key_id}"))

    def one(evidence: str) -> bool:
        generation = vault.log.look().of(evidence).generation
        folder = Folder(vault.shelf, vault.wrapper, evidence, generation)
        try:
            changed = folder.keys.rewrap()
        except TamperedError:
            if vault.log.look().of(evidence).generation == generation:
                raise
            changed = False
        if vault.log.look().of(evidence).generation != generation:
            folder.remove()  # it was destroyed meanwhile, and the key that was just written belongs to nothing
            return False
        if changed:
            said = Said(who, Action.REWRAPPED, evidence, generation, why=f"by {vault.wrapper.key_id}")
            vault.log.append(said)
        return changed

    return _each(vault, one)


def verify(vault: Vault, known: Head | None = None) -> Done:
    """Reads the audit log, and opens every original and every record; gives nothing out. Blocks.

    Raises TamperedError where the audit log is not sound (`AuditLog.verify`), or RetryableError.
    """
    vault.log.verify(known)

    def one(evidence: str) -> bool:
        try:
            found = vault.check(evidence)
        except UnknownEvidenceError:
            return False  # begun, and not there yet: nothing says that it was preserved
        strays = Folder(vault.shelf, vault.wrapper, evidence, found.generation).strays()
        if strays:
            raise TerminalError(f"{strays[0]} is not one of the vault's objects")
        return True

    return _each(vault, one)


def _tidy(vault: Vault) -> None:
    """Ends destructions, and removes what a preserve wrote into a generation that was destroyed under its hands."""
    keys = vault.shelf.keys_now("evidence")
    index = vault.log.look()
    for evidence in index.ids():
        for generation in index.of(evidence).unfinished:
            vault.end(Folder(vault.shelf, vault.wrapper, evidence, generation))
    for key in keys:
        _, evidence, number, *_ = (*key.split("/"), "", "")
        if number.isdecimal() and int(number) < index.of(evidence).generation:
            remove(vault.shelf, key)


def _each(vault: Vault, work: Callable[[str], bool], enough: Callable[[], bool] = lambda: False) -> Done:
    done: list[str] = []
    failed: dict[str, str] = {}
    ids = vault.ids()
    for evidence in ids:
        if enough():
            break
        try:
            if work(evidence):
                done.append(evidence)
        except UnknownEvidenceError:
            continue
        except UnsoundLogError:
            raise
        except (TerminalError, NotReadyError, ForbiddenUriError) as error:
            failed[evidence] = str(error)
    return Done(tuple(done), failed, len(ids))
