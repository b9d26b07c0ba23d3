"""Which heads read a text: those for English, those for Chinese, or both."""

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[^\W\d_]{2,}")
_FEWEST = 2


def has_chinese(text: str) -> bool:
    """Whether there is enough Chinese in it to be read: two characters."""
    return len(_HAN.findall(text)) >= _FEWEST


def is_chinese(text: str) -> bool:
    """Whether there is nothing else in it: no word of another script. Sizes ("4k") and signs are no words."""
    return has_chinese(text) and not _LATIN_WORD.search(_HAN.sub(" ", text))
