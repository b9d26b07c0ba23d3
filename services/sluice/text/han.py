"""Chinese: signs and spaces out of words, and traditional characters as simplified ones."""

import re
from typing import Final

_TRADITIONAL: Final = (
    "殺杀彈弹槍枪製制藥药種种賣卖買买賭赌煙烟頭头體体屍尸殘残襲袭擊击斬斩處处決决強强姦奸兒儿視视頻频圖图畫画報报國国會会學学園园書书給给說说話话請请寫写詩诗讓让這这"
    "個个們们來来時时間间過过為为無无對对開开關关門门問问題题東东車车馬马鳥鸟魚鱼龍龙風风雲云電电腦脑網网絡络機机飛飞鐵铁錢钱銀银紙纸線线紅红綠绿藍蓝黃黄顏颜華华語语"
    "漢汉藝艺術术樂乐戲戏劇剧場场館馆樓楼層层區区縣县鎮镇鄉乡農农業业產产廠厂師师醫医護护員员隊队軍军戰战爭争鬥斗壞坏傷伤綁绑絞绞燒烧導导噴喷濺溅濃浓淺浅濕湿滅灭亂乱"
    "變变態态戀恋愛爱慾欲誘诱騙骗詐诈偽伪鈔钞證证簽签驗验駭骇竊窃盜盗搶抢擄掳勸劝贖赎脅胁嚇吓罵骂醜丑豬猪猶犹納纳極极聖圣聽听見见觀观覺觉親亲認认識识記记許许論论設设"
    "訪访評评詞词譯译誰谁調调談谈諾诺謀谋謝谢講讲讀读貓猫貴贵費费賊贼賞赏質质趕赶跡迹踐践輕轻輪轮輸输轉转較较載载輛辆運运還还進进遠远違违連连遲迟選选遺遗邊边鄰邻醬酱"
    "釋释針针釣钓鈴铃鋼钢錯错鍋锅鎖锁鏡镜鐘钟長长閃闪閉闭陽阳陰阴陳陈陸陆險险隨随難难雜杂離离霧雾靈灵靜静響响頁页順顺須须預预領领顧顾顯显餓饿飯饭飲饮養养駕驾騎骑驚惊"
    "骯肮髒脏髮发鬧闹鮮鲜鴉鸦麗丽麥麦齊齐齒齿龜龟萬万與与義义習习傳传傘伞優优償偿億亿內内兩两冊册凍冻劃划劑剂動动勝胜勞劳勢势協协卻却單单廳厅參参雙双發发敘叙號号嗎吗"
    "嗆呛嘆叹嘔呕團团塊块墳坟壓压壘垒夢梦夾夹奪夺奮奋婦妇媽妈嬰婴孫孙寧宁寶宝實实審审專专將将屆届屬属島岛嶺岭帶带幫帮幹干廣广庫库應应廢废彎弯彙汇徑径從从復复惡恶慘惨"
    "憤愤憑凭懷怀懸悬戶户執执掃扫揮挥損损換换據据擇择擋挡擔担擴扩攝摄敗败敵敌數数斷断舊旧曉晓曬晒樣样橋桥樹树檢检權权歡欢歲岁歷历殼壳氣气沒没沖冲況况淚泪淨净減减測测"
    "湯汤準准溝沟溫温滾滚滿满漁渔潔洁潛潜潰溃澤泽濟济濾滤瀏浏灑洒災灾烏乌熱热爐炉爛烂爺爷牆墙獄狱獨独獲获獸兽現现環环當当療疗瘋疯癢痒癮瘾監监盤盘睜睁確确碼码禮礼禍祸"
    "稅税穩稳窮穷竇窦筆笔節节範范築筑簡简糧粮糾纠純纯級级紋纹細细終终組组結结絕绝絲丝經经維维綱纲緊紧緒绪練练縛缚繩绳繪绘繫系繼继續续罰罚羅罗聲声聰聪職职肅肃膽胆臉脸"
    "臟脏臨临舉举艦舰艱艰莊庄葉叶蒼苍蓋盖蔣蒋薦荐蘇苏蘭兰虛虚蟲虫衛卫衝冲裝装裡里補补複复襯衬規规覽览觸触訓训訊讯託托訴诉診诊詛诅該该詳详誕诞誤误課课謊谎譽誉豐丰貧贫"
    "販贩貨货貪贪責责貼贴資资賄贿賓宾賬账贈赠贏赢"
)
_SIMPLIFIED: Final = str.maketrans(_TRADITIONAL[::2], _TRADITIONAL[1::2])

_JAPANESE_OR_KOREAN: Final = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_HAN: Final = "[\u4e00-\u9fff]"
_SIGNED: Final = re.compile(rf"(?<={_HAN})[ *_\-.·•|/\\~^+=#&@$%]{{1,3}}(?={_HAN})")
_ALONE: Final = re.compile(rf"(?<!{_HAN}){_HAN}(?!{_HAN})")


def simplified(text: str) -> str:
    """About 500 traditional characters as simplified ones. Text that also holds kana or Hangul stays: it is not
    Chinese. A character that is not in the table stays too."""
    if text.isascii() or _JAPANESE_OR_KOREAN.search(text):
        return text
    return text.translate(_SIMPLIFIED)


def closed_up(text: str) -> str:
    """Chinese text without the signs and spaces between two characters, where one of them stands alone or a sign
    other than a space is there: "炸 弹" and "制造炸*弹" lose theirs, "山水 水墨" does not."""
    if text.isascii() or _JAPANESE_OR_KOREAN.search(text):
        return text
    spots = {place.start() for place in _ALONE.finditer(text)}

    def gap(found: re.Match[str]) -> str:
        alone = found.start() - 1 in spots or found.end() in spots
        return "" if alone or found[0].strip() else found[0]

    return _SIGNED.sub(gap, text)
