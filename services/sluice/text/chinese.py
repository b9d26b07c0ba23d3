"""Texts that the encoder cannot read at all."""

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[^\W\d_]{2,}")


def is_chinese(text: str, least: int = 2) -> bool:
    """Whether there is nothing in it but Chinese, `least` characters or more: no word of another script. Sizes ("4k")
    and signs are no words."""
    return len(_HAN.findall(text)) >= least and not _LATIN_WORD.search(_HAN.sub(" ", text))
