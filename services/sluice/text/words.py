"""Which runs of letters are English words, how common they are, and which are a damaged watchword.

The list is the tokenizer's own: its vocabulary is sorted by how often a piece occurs, so a word's place tells its
share (Zipf's law), and nothing more has to be shipped.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import log

from sluice.text.watchwords import HONEST, WATCHED

_FIRST_WORD = 1996
"""Where the vocabulary's words begin ("the"): before it are marks, signs and single characters."""
_WATCHED_RANK = 8000
"""How common a watchword counts that the vocabulary does not have."""
_UNKNOWN = 6.0
_UNKNOWN_LETTER = 3.0
"""The cost of a word that is not in the list grows by about log(26) a letter."""
LONGEST = 20
"""Letters in the longest word that is looked for."""
_RARE = 10.0
_COMPOUND = 16
"""Letters in the longest honest compound; longer ones are looked into."""
_TOLERANT = 7
"""Letters from which on a watchword is recognised with any one letter wrong. Below, too many honest words are that
near to one: "teal", "stave", "matte"."""
_ALIKE = frozenset(
    ["il", "li", "uv", "vu", "vw", "wv", "gq", "qg", "sz", "zs", "ck", "kc", "yi", "iy", "oq", "qo", "kx", "xk"]
)
_PUNCTUATION = ".,;:!?\"'-()"
_SWAPPABLE = 4
"""Letters from which on a word with two of them swapped is put right."""
_VOWELS = str.maketrans("", "", "aeiou")
_ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")


class Words:
    """A word list with costs: the negative natural logarithm of a word's share. Immutable after construction."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """`vocabulary`: piece -> place, of a WordPiece tokenizer for lower-cased English."""
        self._costs = {piece: _cost(place) for piece, place in vocabulary.items() if _is_word(piece, place)}
        self._tails = frozenset(piece[2:] for piece in vocabulary if piece.startswith("##") and piece[2:].isalpha())
        self._costs |= {"a": 4.0, "i": 5.0} | dict.fromkeys(HONEST - self._costs.keys(), log(_WATCHED_RANK) + 2.5)
        for word in WATCHED:
            self._costs[word] = min(self._costs.get(word, LONGEST), log(_WATCHED_RANK) + 2.5)
        self._damaged = dict(_damaged(WATCHED))

    def known(self, word: str) -> bool:
        """Whether the lower-case word is in the list."""
        return word in self._costs

    def common(self, word: str) -> bool:
        """Whether the word is in the list and not so rare that a short one is more likely a piece of another."""
        return self._costs.get(word, _RARE) < _RARE

    def ordinary(self, token: str) -> bool:
        """Whether a token is such a word, with nothing but ordinary punctuation around it: nothing to repair."""
        core = token.strip(_PUNCTUATION)
        return self._costs.get(core, LONGEST) < (LONGEST if len(core) > 3 else _RARE)

    def cost(self, word: str) -> float:
        """About 3 for "the", 12 for a rare word; more for one that is not in the list, by its length."""
        found = self._costs.get(word)
        return _UNKNOWN + _UNKNOWN_LETTER * len(word) if found is None else found

    def plausible(self, word: str) -> bool:
        """Whether the word is in the list or made of few of the vocabulary's pieces, like "decapitations"."""
        return self.known(word) or (4 <= len(word) <= LONGEST and 5 * self._pieces(word) <= 2 * len(word))

    def compound(self, word: str) -> bool:
        """Whether the word is in the list or cuts into few long pieces, as honest compounds do."""
        return self.known(word) or (len(word) <= _COMPOUND and 7 * self._pieces(word) <= 2 * len(word))

    def unswapped(self, word: str) -> str | None:
        """The common word or watchword that two neighbouring letters of an unknown one are swapped from, or None."""
        if not _SWAPPABLE <= len(word) <= LONGEST or self.known(word):
            return None
        for place in range(1, len(word) - 1):
            other = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            if self.common(other) or other in WATCHED:
                return other
        return None

    def meant(self, word: str) -> str | None:
        """The watchword that a word outside the list is a damaged form of: backwards, in rot13, without its vowels, a
        letter that cannot be read (given as "?"), one for another that looks or sounds like it, and in long words
        any one letter wrong, missing or too many. None where there is none.
        """
        if self.known(word) or not 3 <= len(word) <= LONGEST:
            return None
        for other in (word[::-1], word.translate(_ROT13)):
            if len(word) > 3 and other in WATCHED:
                return other
        if found := self._damaged.get(word):
            return found
        damaged = self._damaged.get
        for place, letter in enumerate(word):
            before, after = word[:place], word[place + 1 :]
            found = damaged(f"{before}?{after}")
            if found and (letter == "?" or len(word) >= _TOLERANT or f"{letter}{found[place]}" in _ALIKE):
                return found
            if len(word) > _TOLERANT and before + after in WATCHED:
                return before + after
        return None

    def share(self, text: str) -> float:
        """0..1: the part of the text's characters other than space that are in known words of two letters or more,
        in "a" or "i", or are Chinese characters. Case and punctuation around words do not matter."""
        total = good = 0
        for token in text.lower().split():
            total += len(token)
            core = token.strip(".,;:!?\"'()[]{}-")
            if core.isascii():
                good += len(token) if core in self._costs and (len(core) > 1 or core in "ai") else 0
            else:
                good += sum("\u4e00" <= character <= "\u9fff" for character in token)
        return good / total if total else 0.0

    def _pieces(self, word: str) -> int:
        """How many pieces the tokenizer's greedy cut makes; as many as letters where it cannot."""
        start = count = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end]
                if (piece in self._tails) if start else (piece in self._costs):
                    break
            else:
                return len(word)
            start = end
            count += 1
        return count


def _is_word(piece: str, place: int) -> bool:
    return piece.isascii() and piece.isalpha() and piece.islower() and (place >= _FIRST_WORD or len(piece) > 1)


def _cost(place: int) -> float:
    return log(max(place - _FIRST_WORD, 0) + 1) + 2.5


def _damaged(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Damaged form -> word: one letter unreadable ("?"), one left out, or all vowels left out.

    Short words last: of two words with the same damaged form the shorter counts.
    """
    for word in sorted(words, key=lambda word: (-len(word), word)):
        for place in range(len(word)) if len(word) > 3 else ():
            yield f"{word[:place]}?{word[place + 1 :]}", word
            if len(word) >= _TOLERANT:
                yield word[:place] + word[place + 1 :], word
        bare = word.translate(_VOWELS)
        if len(bare) >= 3 and bare != word:
            yield bare, word
