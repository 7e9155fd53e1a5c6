"""Who calls: the telephone number and the name, as the caller says them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from hotline.numerals import SEVERAL, SPOKEN_DIGIT, digits, placed_digits
from hotline.transcript import CORRECTION, GAP, Found, Span, Turn, asked, blanked, said_by_citizen

_ONE: Final = rf"(?:{SEVERAL}|{SPOKEN_DIGIT})"
_RUN: Final = re.compile(rf"{_ONE}(?:[\s\-，、,杠嗯啊呃]?{_ONE})+")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0\d{2,3}[2-8]\d{6,7}$|^[2-8]\d{6,7}$")
_HEAD: Final = re.compile(r"1[3-9]\d")
_TAIL: Final = re.compile(
    r"(?:尾号|后四位|最后四位|末四位)(?:不对|错了|不是[^是]{0,10})?[，,是应该]*$"
)
_ASKED_NUMBER: Final = re.compile(r"电话|手机|号码|联系方式|座机|怎么联系|前三位|接着|继续|后面")
_ASKED_NAME: Final = re.compile(r"姓名|称呼|贵姓|叫什么|名字|您是哪位|怎么叫")

_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶"
    "程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱江尹薛闫阎段雷侯龙史陶黎贺"
    "顾毛郝龚邵万覃武钱戴严莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰"
    "焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲"
    "房滕屈饶解牟艾尤阳时穆农司古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应"
    "臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁"
    "胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰"
    "支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜"
    "印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧"
    "闭由"
)
_DOUBLE: Final = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "夏侯",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
)
_NOT_GIVEN: Final = frozenset(
    "我你他她它们的了是在有和这那个电话号码联系就说姓叫吗呢吧啊哦嗯不没要问请想住楼区路村街市县镇"
    + GAP
)
_TITLE: Final = re.compile(
    r"先生|女士|小姐|大[姐哥妈爷娘叔婶伯嫂]|阿姨|师傅|同志|老板|老师|医生|经理|某"
)
_AFTER: Final = (
    r"(?=$|电话|手机|号码|联系|我|是|住|的|今年|呢|啊|吧|哦|在|就|女|男|孩子|这个|身份证|家|，|,|。|\s|"
    + GAP
    + ")"
)
_INTRODUCED: Final = re.compile(
    r"(?:我的?名字(?:叫|是)|我?姓名(?:是|叫)?|我的?(?:名|本名)叫|我叫|我是|本人|叫"
    r"|记一下|就写|登记|居民代表|居民|村民|业主|户主|姓(.)[，,]?(?=\1)|^(.)[，,、]?(?=\2)"
    # 双耳旁的陈，陈建设: the surname is explained before the name.
    r"|的(.)[，,]?(?=\3))(?:那个|嗯|啊|呃|，|,|\s)*"
)
# 王丽萍，美丽的丽: a name is explained after it, by a word or by its shape.
_SPELT: Final = re.compile(r"[，,]?([一-鿿]{2,3})(?:的|旁的?|头的?)([一-鿿])")
_SHAPES: Final = re.compile(
    r"[，,]?(?:双木林|弓长张|木子李|耳东陈|立早章|言午许|口天吴|古月胡|三横王|草头黄|走肖赵|文刀刘"
    r"|双口吕|双人徐|人可何|美女姜)"
)


def telephone(turns: Sequence[Turn]) -> tuple[Found | None, list[str]]:
    """The caller's number, and the texts with every spoken number blanked.

    The number said last wins: it is the corrected one. A number may come in pieces over several
    turns; its evidence is then the first piece.
    """
    texts = [turn.text for turn in turns]
    found: Found | None = None
    pieces, begun = "", None
    for index in said_by_citizen(turns):
        for run in list(_RUN.finditer(turns[index].text)):
            said = digits(run[0])
            span = Span(index, *run.span())
            whole = _whole(said, span, turns)
            if whole is not None:
                # A second number is another's or a spare one if it is a landline and no correction.
                spare = found and not _MOBILE.fullmatch(whole.value)
                if not spare or CORRECTION.search(turns[index].text):
                    found = whole
                texts[index] = blanked(texts[index], whole.evidence.start, whole.evidence.end)
                pieces, begun = "", None
            elif found and _corrects(said, turns[index].text[: run.start()]):
                tail = len(said) == 4
                value = found.value[:-4] + said if tail else said + found.value[3:]
                found = Found(value, span)
                texts[index] = blanked(texts[index], *run.span())
            elif len(said) >= 3 and asked(turns, index, _ASKED_NUMBER) | bool(pieces):
                pieces, begun = pieces + said, span if begun is None else begun
                mobile = _MOBILE.fullmatch(pieces)
                if mobile:
                    found, pieces, begun = Found(mobile[0], begun), "", None
                texts[index] = blanked(texts[index], *run.span())
    return found, texts


def _whole(said: str, span: Span, turns: Sequence[Turn]) -> Found | None:
    """A whole number inside a run of digits; 张三一三八… leaves the name its 三."""
    mobiles = list(_MOBILE.finditer(said))
    places = [place for _, place in placed_digits(turns[span.turn].text[span.start : span.end])]
    if mobiles:
        last = mobiles[-1]
        start, end = places[last.start()], places[last.end() - 1] + 1
        return Found(last[0], Span(span.turn, span.start + start, span.start + end))
    before = turns[span.turn].text[: span.start]
    named = asked(turns, span.turn, _ASKED_NUMBER) or _ASKED_NUMBER.search(before[-6:])
    if named and _LANDLINE.search(said):
        return Found(said, span)
    return None


def _corrects(said: str, before: str) -> bool:
    """Whether a few digits replace the last four of a number, or its first three."""
    if len(said) == 4:
        return bool(_TAIL.search(before) or re.search(r"(?:不对|不是|错了|说错)[，,是]*$", before))
    return bool(
        re.fullmatch(r"1[3-9]\d", said) and re.search(r"(?:不对|不是|错了)[，,是]*$", before)
    )


def person(turns: Sequence[Turn], texts: Sequence[str]) -> Found | None:
    """The caller's full name, from texts whose numbers are blanked; a mere surname is none."""
    found: Found | None = None
    for index in said_by_citizen(turns):
        text = texts[index]
        starts = [match.end() for match in _INTRODUCED.finditer(text)]
        if asked(turns, index, _ASKED_NAME):
            lead = re.match(r"(?:嗯|啊|哦|噢|呃|好的?|行|那个|，|,|\s)*", text)
            starts.insert(0, lead.end() if lead else 0)
        # 杨帆 + number: a turn that holds nothing but a name and a number needs no question.
        if re.match(rf"^.{{2,4}}(?:电话|手机|号码|是|，|,|我|的)*{GAP}", text):
            starts.append(0)
        # The same the other way round: number + 杨帆.
        last = re.search(rf"{GAP}(?:我叫|，|,|\s)*(?=[^{GAP}]{{2,4}}$)", text)
        if last:
            starts.append(last.end())
        for start in starts:
            length = _name_length(text[start:])
            strong = text[:start].endswith("我叫") or found is None or "不" in text[:start]
            if length and strong:
                found = Found(text[start : start + length], Span(index, start, start + length))
                break
    return found


def _name_length(text: str) -> int:
    """How many characters at the beginning are a name; 0 where none is."""
    surname = 2 if text[:2] in _DOUBLE else 1 if text[:1] in _SURNAMES else 0
    if not surname:
        return 0
    for given in (2, 1):
        name = text[surname : surname + given]
        if len(name) < given or set(name) & _NOT_GIVEN or _TITLE.search(name):
            continue
        if not all("一" <= char <= "鿿" for char in name):
            continue
        rest = text[surname + given :]
        if rest.startswith("的" + text[:surname]):
            continue
        spelt = _SPELT.match(rest)
        explained = spelt and spelt[2] in text[: surname + given] and spelt[2] in spelt[1]
        same_again = rest.startswith(text[: surname + given])
        if explained or same_again or re.match(_AFTER, rest) or _SHAPES.match(rest):
            return surname + given
    return 0
