"""The phrases around a name in Chinese, Japanese and Korean that ask for its style.

Patterns over what `sluice.names.forms.plain` gives: traditional Chinese characters are simplified there, in Japanese
too. Patterns of what stands before a name end at it; those of what follows begin at it.
"""

import re
from typing import Final

_TITLE: Final = r"(?:老师|大师|先生|女士|氏|さん| ?(?:화백|작가|감독|선생님?|화가|만화가))?"
_WORK: Final = r"(?:动画|漫画|电影|影片|绘画|画作|作品|名画|画|アニメ|マンガ|イラスト|絵)"

CJK_AFTER: Final = re.compile(
    rf"^ ?{_TITLE}[ 的之の]{{0,2}}(?:[\u4e00-\u9fff]{{0,4}}(?:风格|画风|笔触|手法|笔法|调子)"
    r"|风(?![景暴雨吹中车光筝]|の景)|式的?[\u4e00-\u9fff]|スタイル|タッチ|テイスト|作风|っぽ[いく]"
    r"|みたいな(?:絵|画|イラスト|アート)|调の|의? ?(?:스타일|화풍|느낌)|풍(?:의|으로|$| )"
    rf"|{_WORK}(?:[里中]?的?(?:那种|那样|般|一样|似的|感觉)|の?(?:ような|みたいな|风)|っぽ[いく])"
    r"|(?:那样|一样|那般|般|似)的?地?去?(?:画|绘|描|创作|设计|拍)|那种(?:画|感觉|色彩|氛围)|味道的"
    r"|(?:画|绘|绘制|创作|设计|拍摄)的|[がの](?:描いた|描く|作った)|[이가]? ?그린|처럼 그[려린])"
)
CJK_BEFORE: Final = re.compile(
    r"(?:模仿|仿照|仿|临摹|效仿|致敬|学习|灵感来自(?:于)?|风格(?:像|类似(?:于)?|参考|仿|:)|画风(?:像|类似|参考|:)"
    r"|参考) ?(?:[\u4e00-\u9fff\u3040-\u30ff]{0,6}(?:和|与|,|及) ?)?"
    r"(?:着名|著名)?(?:画家|艺术家|插画家|导演|漫画家)? ?$"
)
