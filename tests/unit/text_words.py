"""A word list for tests: a vocabulary like a tokenizer's, small, with the commonest words first."""

from sluice.text.words import Words

_COMMON = """
the of and to in a for on at with this that how was are you all from out by make please it is not my into world two
photo picture red blue cat dog house poster school people water sun light draw paint tree garden name new under
control poison instructions hang yourself hero step recipe image sell guts hanging woman nude minor explicit music
quiet pen kind wait have nice day hello love sports yellow orange book text read code please thank note hidden said
"""
_RARE = "bo mb ki ll po rn im mi ud ag ot am no et eh ar wa eo ri tea hedge gun metal pain killer kill bomb jews porn"


def small_words() -> Words:
    """About 150 words, places as in a WordPiece vocabulary, and a few tails."""
    listed = list(dict.fromkeys(_COMMON.split()))
    vocabulary = {word: 1996 + rank for rank, word in enumerate(listed)}
    vocabulary |= {word: vocabulary.get(word, 14_000 + rank) for rank, word in enumerate(_RARE.split())}
    vocabulary |= {"##hog": 25_000, "##nder": 25_001, "##metal": 25_002, "[CLS]": 101}
    return Words(vocabulary)
