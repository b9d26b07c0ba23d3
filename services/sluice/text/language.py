"""Is a text in a language that a model serves? Answers "no" only where that is certain.

Scripts come first: a text in Cyrillic letters is in none of the languages that are written in Latin ones, whatever it
says. Within a script py3langid decides (BSD-3-Clause, 139 languages, 4.6 MB, nothing but NumPy).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from sluice.errors import NotReadyError
from sluice.text.scripts import HAN, KANA, LATIN, Word, scripts_of, words
from sluice.text.small_words import ENGLISH_WORDS, SMALL_WORDS

NO_LANGUAGE = "und"
"""The code where none can be named."""
FEWEST_WORDS = 5
"""Words of a script that a served language uses too: with fewer, names and loan words decide."""
FEWEST_WORDS_OF_ITS_OWN = 3
"""Words of a script that no served language uses."""
MOST_SERVED = 0.02
"""Probability that the served languages may have together in a text that is called foreign."""
LEAST_TOGETHER = 0.7
"""Probability that the three likeliest languages have together, at least: without it the text is no language's."""
MOST_AT_HOME = 0.25
"""Share of the words that may be in a served language in a text that is called foreign; above, it is mixed."""
LEAST_FOREIGN = 0.6
"""Share of the words that must be in a foreign one. What is in between counts for neither."""
WINDOW = 6
"""Words of the parts of a clause in which a served language is looked for."""
FAMILIAR = 0.25
"""Probability of the served languages in such a part, from which on it is taken for one of theirs."""
FEWEST_OF_A_CLAUSE = 4
"""Words of a clause that is evidence of a foreign language: shorter ones are names, dishes, species, tags."""
LEAST_SPOKEN = 0.55
"""Share of the words of a script that must be in such clauses."""
FEWEST_SMALL_WORDS = 0.1
"""Share of the words of a foreign sentence that are small ("und", "avec") or have an accent; names have fewer."""
MIXED_ENGLISH = 0.1
"""Share of words that are English and hardly anything else, from which on a text is mixed."""
_KANA_OF_JAPANESE = 0.2
"""Share of kana among the East Asian letters from which on the Han ones are Japanese too."""

_ALIKE = (
    *({"en", "pcm"}, {"zh", "wuu", "yue"}, {"da", "nn", "no"}, {"ar", "ary", "arz"}, {"bs", "hr", "sr"}),
    *({"an", "es", "ext", "gl"}, {"gl", "pt"}, {"it", "lij", "vec"}, {"fr", "gcf", "gcr", "oc", "wa"}),
    *({"de", "lb"}, {"af", "fy", "nl"}, {"id", "jv", "ms"}, {"cs", "sk"}, {"az", "tr"}, {"gom", "hi", "mr", "ne"}),
)
"""Languages that a short text in one of them may be taken for: who serves one is not told of the others."""
_NOT_A_LANGUAGE = "zxx"
"""The identifier's class for code, numbers and markup."""


class Serves(StrEnum):
    """Whether a text is in a language that is served."""

    SERVED = "SERVED"
    UNSERVED = "UNSERVED"
    UNSURE = "UNSURE"


@dataclass(frozen=True, slots=True)
class Language:
    """`code`: ISO 639, "und" where none can be named. `confidence`: 0..1, not calibrated for mixed texts."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """`language`: the one that is not served where the verdict is UNSERVED, else None."""

    serves: Serves
    language: Language | None = None


class Languages:
    """The identifier. Answers depend on the text alone; calls may overlap."""

    def __init__(self, identifier: LanguageIdentifier) -> None:
        self._identifier = identifier

    @classmethod
    def open(cls) -> "Languages":
        """Loads the model that comes with the library. Raises NotReadyError where it cannot be unpacked."""
        try:
            return cls(LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True))
        except OSError as error:
            raise NotReadyError(
                f"the language model cannot be unpacked ({type(error).__name__}); py3langid needs its data file and "
                "a temporary folder; run: pip install --force-reinstall py3langid"
            ) from error

    def language(self, text: str) -> Language:
        """The likeliest language of a whole text."""
        return self._likeliest(words(text))

    def judge(self, text: str, served: Collection[str]) -> Judgement:
        """UNSERVED only where the text is long enough, coherent in a language outside of `served`, and without a
        larger part in one of them. Short texts, names, tags, code and mixtures are SERVED or UNSURE.

        Cost: about 0.1 ms for a short text in a served language, 1 ms for one in another; grows with the length.
        """
        found = _japanese(words(text))
        total = _weight(found)
        scripts = frozenset[str]().union(*map(scripts_of, served))
        home = foreign = 0.0
        abroad: list[Word] = []
        for kind in dict.fromkeys(word.script for word in found):
            part = [word for word in found if word.script == kind]
            if kind not in scripts:
                away, known = _weight(part), 0.0
            elif kind == HAN and "zh" in served:
                away, known = 0.0, _weight(part)
            else:
                away, known = self._compare(part, _with_alike(served))
            foreign, home = foreign + away, home + known
            abroad += part if away else []
        least = FEWEST_WORDS if any(word.script in scripts for word in abroad) else FEWEST_WORDS_OF_ITS_OWN
        if foreign >= least and foreign >= LEAST_FOREIGN * total and home <= MOST_AT_HOME * total:
            return Judgement(Serves.UNSERVED, self._likeliest(abroad))
        at_home = total > 0 and home >= total / 2
        return Judgement(Serves.SERVED if at_home else Serves.UNSURE)

    def _compare(self, part: Sequence[Word], served: Collection[str]) -> tuple[float, float]:
        """How many of the words of one script are in a foreign language, and how many in a served one."""
        weight = _weight(part)
        together, ranked = self._rank(part, served)
        if together >= 0.5:
            return 0.0, weight
        coherent = sum(share for _, share in ranked[:3]) >= LEAST_TOGETHER
        mixed = "en" in served and _share(part, ENGLISH_WORDS) >= MIXED_ENGLISH
        if together > MOST_SERVED or not coherent or mixed or _only_names(part, served):
            return 0.0, 0.0
        spoken = home = 0.0
        for _, grouped in groupby(part, key=lambda word: word.clause):
            clause = list(grouped)
            known = self._at_home(clause, served)
            home += known
            if _weight(clause) >= FEWEST_OF_A_CLAUSE:
                spoken += _weight(clause)
        return (weight - home if spoken >= LEAST_SPOKEN * weight else 0.0), home

    def _at_home(self, clause: Sequence[Word], served: Collection[str]) -> float:
        """How many words of a clause are in windows that look like a served language."""
        known: set[int] = set()
        for start in range(0, max(1, len(clause) - WINDOW // 2), WINDOW // 2):
            window = clause[start : start + WINDOW]
            if _weight(window) >= WINDOW / 2 and self._rank(window, served)[0] >= FAMILIAR:
                known.update(range(start, start + len(window)))
        return sum(clause[index].weight for index in known)

    def _rank(self, part: Iterable[Word], served: Collection[str]) -> tuple[float, list[tuple[str, float]]]:
        """The served languages' share together, and every language with its share, likeliest first."""
        ranked = self._identifier.rank(" ".join(word.text for word in part))
        return sum(share for code, share in ranked if code in served), ranked

    def _likeliest(self, part: Sequence[Word]) -> Language:
        if not part:
            return Language(NO_LANGUAGE, 0.0)
        _, ranked = self._rank(part, ())
        code, share = ranked[0]
        return Language(NO_LANGUAGE if code == _NOT_A_LANGUAGE else code, share)


def _weight(part: Iterable[Word]) -> float:
    return sum(word.weight for word in part)


def _only_names(part: Sequence[Word], served: Collection[str]) -> bool:
    """Whether a Latin text has hardly a word that names and titles are not made of."""
    small = SMALL_WORDS if "en" in served else SMALL_WORDS | ENGLISH_WORDS
    accented = sum(_accented(word.text) for word in part) / len(part)
    return part[0].script == LATIN and _share(part, small) + accented < FEWEST_SMALL_WORDS


def _share(part: Sequence[Word], some: Collection[str]) -> float:
    return sum(word.text.lower() in some for word in part) / len(part)


def _accented(word: str) -> bool:
    """Whether it has a letter that English has not. Not in capitals: those are names."""
    return not word.isascii() and (word[0].islower() or word.isupper())


def _with_alike(served: Collection[str]) -> frozenset[str]:
    return frozenset(served).union([_NOT_A_LANGUAGE], *(group for group in _ALIKE if not group.isdisjoint(served)))


def _japanese(found: Sequence[Word]) -> Sequence[Word]:
    """Han characters among kana are Japanese; a kana letter among Han characters is an ornament."""
    kana = _weight(word for word in found if word.script == KANA)
    if not kana:
        return found
    both = kana + _weight(word for word in found if word.script == HAN)
    old, new = (HAN, KANA) if kana >= _KANA_OF_JAPANESE * both else (KANA, HAN)
    return [replace(word, script=new) if word.script == old else word for word in found]
