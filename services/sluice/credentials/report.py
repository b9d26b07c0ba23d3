"""What a picture's credentials say, as one flat answer that fits a screen and crosses a pipe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sluice.c2pa_sdk import Json
from sluice.provenance import State, Verification

MOST_ITEMS = 100
"""Actions, ingredients and so on that are told; a manifest may list any number."""
MOST_CHARACTERS = 500
"""Of one text."""

_ACTIONS = ("c2pa.actions.v2", "c2pa.actions")
_SOFT_BINDING = "c2pa.soft-binding"


@dataclass(frozen=True, slots=True)
class Action:
    """One step of how the picture came to be."""

    name: str
    """`c2pa.created`, `c2pa.edited`, ..."""
    source_type: str = ""
    """Last word of the digital source type, such as `trainedAlgorithmicMedia` (IPTC)."""
    agent: str = ""
    when: str = ""
    """As the signer's software put it."""


@dataclass(frozen=True, slots=True)
class IngredientSeen:
    """A picture that went into this one, and what its own credentials were worth when it did.

    That is the word of this picture's signer: the ingredient itself is not here to be checked.
    """

    title: str
    media_type: str
    relationship: str
    state: State
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one picture. What stands beside `state` and `failures` is worth what `state` is."""

    state: State
    failures: tuple[str, ...] = ()
    """C2PA status codes, and `unreadable.` with a word for what could not be read at all."""
    label: str = ""
    issuer: str = ""
    signer: str = ""
    """Organisation and common name of the signing certificate's subject."""
    serial: str = ""
    algorithm: str = ""
    generator: str = ""
    """The software that made the claim."""
    stamped_at: str = ""
    """When a timestamp authority saw the signature, RFC 3339; empty where none did."""
    stamp_trusted: bool = False
    """Whether the anchors reach that authority."""
    decision: Mapping[str, str] = field(default_factory=dict)
    """What Sluice said of the decision that let the picture out: request id, policy digest, ..."""
    actions: tuple[Action, ...] = ()
    ingredients: tuple[IngredientSeen, ...] = ()
    soft_bindings: tuple[tuple[str, str], ...] = ()
    """Algorithm and value."""
    gathered: tuple[str, ...] = ()
    """Labels of what the signer passes on without vouching for it."""

    def as_json(self) -> dict[str, Any]:
        """What `of_json` takes."""
        return asdict(self)

    @classmethod
    def of_json(cls, form: Json) -> "Report":
        """Raises ValueError for a form of another shape."""
        try:
            actions = tuple(Action(**_texts(each)) for each in form["actions"])
            ingredients = tuple(
                IngredientSeen(
                    **_texts({key: each[key] for key in ("title", "media_type", "relationship")}),
                    state=State(each["state"]),
                    failures=_listed(each["failures"]),
                )
                for each in form["ingredients"]
            )
            bindings = tuple((str(algorithm), str(value)) for algorithm, value in form["soft_bindings"])
            names = ("label", "issuer", "signer", "serial", "algorithm", "generator", "stamped_at")
            return cls(
                state=State(form["state"]),
                failures=_listed(form["failures"]),
                **_texts({name: form[name] for name in names}),
                stamp_trusted=form["stamp_trusted"] is True,
                decision=_texts(form["decision"]),
                actions=actions,
                ingredients=ingredients,
                soft_bindings=bindings,
                gathered=_listed(form["gathered"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no report") from error


def report_of(verification: Verification, detailed: Json, brief: Json) -> Report:
    """The report on a manifest store that `Sdk.read` found and `judge` judged."""
    about = _mapping(_mapping(brief.get("manifests")).get(verification.label))
    signature = _mapping(about.get("signature_info"))
    passed = _mapping(_mapping(detailed.get("validation_results")).get("activeManifest")).get("success", ())
    # Some stores list their claim generators, older ones name one.
    generators = [_named(each) for each in _items(about.get("claim_generator_info"))]
    return Report(
        state=verification.state,
        failures=_listed(verification.failures),
        label=_text(verification.label),
        issuer=_text(verification.issuer),
        signer=_text(signature.get("common_name")),
        serial=verification.serial,
        algorithm=_text(signature.get("alg")).lower(),
        generator=", ".join(each for each in generators if each) or _text(about.get("claim_generator")),
        stamped_at=_text(signature.get("time")),
        stamp_trusted="timeStamp.trusted" in {each.get("code") for each in passed},
        decision={_text(key): _text(value) for key, value in [*verification.decision.items()][:MOST_ITEMS]},
        actions=_actions(verification),
        ingredients=tuple(_ingredient(each) for each in _items(about.get("ingredients"))),
        soft_bindings=_soft_bindings(verification),
        gathered=_listed(sorted(verification.gathered)),
    )


def _actions(verification: Verification) -> tuple[Action, ...]:
    """Those that the signer vouches for."""
    found = []
    for label in _vouched(verification, *_ACTIONS):
        for each in _items(_mapping(verification.assertions[label]).get("actions")):
            kind = _text(each.get("digitalSourceType")).rpartition("/")[2]
            agent = each.get("softwareAgent")
            name = _named(agent) if isinstance(agent, dict) else _text(agent)
            found.append(Action(_text(each.get("action")), kind, name, _text(each.get("when"))))
    return tuple(found[:MOST_ITEMS])


def _soft_bindings(verification: Verification) -> tuple[tuple[str, str], ...]:
    bindings = [_mapping(verification.assertions[label]) for label in _vouched(verification, _SOFT_BINDING)]
    found = [
        (_text(binding.get("alg")), _text(block.get("value")))
        for binding in bindings
        for block in _items(binding.get("blocks"))
    ]
    return tuple(found[:MOST_ITEMS])


def _ingredient(each: Json) -> IngredientSeen:
    results = _mapping(each.get("validation_results")).get("activeManifest")
    failures = tuple(_text(failure.get("code")) for failure in _items(_mapping(results).get("failure")))
    trusted = "signingCredential.trusted" in {one.get("code") for one in _items(_mapping(results).get("success"))}
    state = State.TRUSTED if trusted else State.VALID
    if results is None:
        state = State.NONE
    elif set(failures) - {"signingCredential.untrusted"}:
        state = State.INVALID
    return IngredientSeen(
        title=_text(each.get("title")),
        media_type=_text(each.get("format")),
        relationship=_text(each.get("relationship")),
        state=state,
        failures=failures,
    )


def _vouched(verification: Verification, *kinds: str) -> Sequence[str]:
    """Labels of these kinds; a second assertion of a kind is called `KIND__1`."""
    labels = [label for label in verification.assertions if label in verification.created]
    return [label for label in labels if label.partition("__")[0] in kinds]


def _named(about: Json) -> str:
    return " ".join(part for part in (_text(about.get("name")), _text(about.get("version"))) if part)


def _items(value: object) -> Sequence[Json]:
    """The objects of a list that a stranger wrote."""
    if not isinstance(value, list):
        return []
    return [each for each in value if isinstance(each, dict)][:MOST_ITEMS]


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:MOST_CHARACTERS] if isinstance(value, str) else ""


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {str(key): str(value) for key, value in form.items()}


def _listed(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(value)[:MOST_CHARACTERS] for value in values)[:MOST_ITEMS]
