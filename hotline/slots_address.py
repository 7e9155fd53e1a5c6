"""Where it happened: the parts of an address, put together in their order.

A caller names them over several turns and corrects some: 国际城三期二十号楼，不是，四期. Each kind
of part is held once; what is said after a correction replaces the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.numerals import number
from hotline.transcript import (
    CORRECTION,
    GAP,
    Found,
    Span,
    Turn,
    asked,
    blanked,
    said_by_citizen,
)

_N: Final = r"[0-9零〇一二两三四五六七八九十百幺]{1,5}"
_SPELT: Final = "[零〇一二三四五六七八九幺0-9]"
_BARE: Final = r"(?<![月周第零〇一二两三四五六七八九十百幺0-9])"
# Words that no name of a place goes through. They are blanked first, so that the name begins after.
_PLAIN: Final = re.compile(
    r"我们|你们|他们|咱们|人家(?=说|要|都|不|那|来|也|就|给|又|$)|我家|你家|俺家|他家|我爸|我妈|我儿子|我女儿|我孩子|孩子|老人|举报|投诉"
    r"|建议|反映|咨询|请问|想问|问一下|希望|能不能|可以|今年|去年|现在|附近|旁边|对面|那边|这边|那个|这个"
    r"|有个|有人|有家|一个|一家|一条|几个|什么|怎么|哪个|多放|多设|因为|所以|就是|还是|但是|应该|已经"
    r"|关门|跑路|走路|修路|半路|一路|让路|铁路|快递|驿站|上门|开通|申请|办理|工作|公司里|单位|大门口"
    r"|没有|不是|不对|的话|时候|电话|姓名|叫做|跟前|外面|里面|前面|后面|经过|位于|属于|具体|地址|名字"
    r"|[我你他她它俺咱们的了吗呢吧啊咧哎呀嗯哦这那很都没不是在到从跟与把被让请想要找去说叫住等坐买卖给往就]"
    r"|和(?!平|谐|美|顺|园|畅|兴|睦|泰)"
)
_LETTERS: Final = r"[一-鿿A-Za-z0-9]"
_HAN: Final = r"[一-鿿]"
_ADMIN: Final = r"(?:镇|乡|村|区|县|市|街道|街|路|大街|大道|小区|社区|新村|花园|公园|广场|站)"
_REGION: Final = (
    rf"{_HAN}{{2,4}}?(?:(?<!小|社|景|校|厂|库|园|山)区|县(?!城)|(?<!超|城|门|夜|股|菜|早|都|全)市(?!场|民|区|政|里|长|内))"
    r"|(?:经济技术|高新|经济)?开发区|高新区|经开区|新区"
)
_VILLAGE: Final = rf"{_HAN}{{1,4}}?(?:村(?!民|里|委|干|口)|屯|(?<=[一-鿿]{{2}})庄(?!稼|村))"
_ROAD: Final = (
    rf"{_LETTERS}{{1,5}}?(?:大街|大道|国道|省道|高速(?!公)|环路?(?!境|保|卫)|胡同|巷子?"
    r"|街(?!道|坊|上)|路(?!灯|面|口|上的|边|由|过|费|段|线|牌|程|人|况))(?:[东西南北]延)?"
)
_LONG_PLACE: Final = (
    rf"{_LETTERS}{{1,8}}?(?:小区|社区|花园|家园|公寓|新村|新城|嘉园|广场(?!舞)|商场|商城|市场|超市"
    r"|便利店|医院|保健院|卫生院|卫生室|诊所|公园|幼儿园|小学|中学|大学|学院|学校|大厦|大楼|中心"
    r"|工业园|产业园|物流园|饭店|酒店|宾馆|网吧|银行|车站|火车站|地铁站|加油站|公馆|府邸|名邸|家属院"
    r"|宿舍|养老院|体育馆|图书馆|博物馆(?!站)|电子厂|公司|工厂|棋牌室|健身房?|美容院|菜市场|药店"
    r"|快餐店|火锅店|烧烤店|理发店|路口|收费站|服务区|景区|水库|天街|国际|府第|华庭|豪庭|雅苑|佳苑"
    r"|名苑|康城|名城|百货|书店|影城|影院|酒楼|花苑|山庄|别墅|人家|世家|新天地|客运站|码头|机场|敬老院"
    r"|福利院|派出所|村委会|居委会|科技园|软件园|创业园|步行街|商业街|美食街|停车场|加气站|回迁房|安置房"
    r"|棚户区|家属区|生活区|服装城|建材城|家具城|汽车城|批发城)"
)
_SHORT_PLACE: Final = (
    rf"{_LETTERS}{{2,6}}?(?:苑|园(?!区|林|丁|长|艺)|(?<!县|进)城(?!管|市|区|镇|乡|里|关|北|南|东|西)"
    r"|湾|庭(?!院)|府(?!邸)|厂(?!里|家|长|房)|站(?!着|点|起)|店(?!里|家|主|员|铺)|桥(?!洞)"
    rf"|馆|院(?!长|里|子)|段(?!时)|天骄|工地)(?!{_ADMIN})"
)
_NUMBER: Final = rf"{_BARE}{_N}号(?!楼|院|线|码|下|召|文|开|才|晚|早|上|中|那天|到|左右|的时候)"
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("compound", rf"{_BARE}{_N}号院"),
    (
        "building",
        rf"(?:[A-Za-z甲乙东西南北]区)?[甲乙丙东西南北]?{_BARE}{_N}(?:号楼|栋楼?|幢|座)",
    ),
    ("building", r"[A-Za-z](?:座|栋楼?|幢)"),
    ("building", rf"[A-Za-z甲乙东西南北]区{_N}号(?!楼)"),
    ("number", _NUMBER),
    ("unit", rf"{_N}单元"),
    ("group", rf"(?<=村){_N}(?:组|社|队)"),
    ("region", _REGION),
    ("town", rf"{_HAN}{{2,4}}?(?:镇|乡(?!下|亲|村)|街道)"),
    ("village", _VILLAGE),
    ("road", _ROAD),
    ("place", rf"第?{_N}(?:中学?|小学?|幼)(?=食堂|学校|门口|初|高|附近|的|$)"),
    ("place", _LONG_PLACE),
    ("place", _SHORT_PLACE),
    ("phase", rf"{_BARE}{_N}期"),
    ("floor", rf"负?{_BARE}{_N}[楼层](?!道|梯)"),
    ("room", rf"(?<=单元){_N}(?:室|号|户)?|(?<=号楼){_N}(?:室|户)|{_BARE}{_N}室"),
    ("room", rf"(?:(?<=号楼)|(?<=[栋幢座])){_SPELT}{{3,4}}(?![十百号楼层栋期年月点块米])"),
    (
        "tail",
        r"[东西南北正大侧后]{1,2}门(?!诊)|门口|门前|儿科|妇科|急诊科?|[内外骨眼牙]科|食堂|地下车库",
    ),
)
_ORDER: Final = tuple(
    (
        "region town village group road door place phase compound building number unit floor room"
        " inner tail"
    ).split()
)
_FIGURED: Final = frozenset({"compound", "building", "number", "unit", "room"})
# Kinds that hold no name: words that no name goes through do not cut them.
_WHOLE: Final = _FIGURED | {"phase", "group", "floor", "tail"}
_STRONG: Final = frozenset({"town", "village", "road", "place", "compound", "building", "unit"})
_NO_NAME: Final = re.compile(r"小区|物业|业主|住户|投诉|反映|电梯|第|[一二三四五六七八九十0-9]$")
_ASKED: Final = re.compile(r"哪|地址|位置|什么地方|几号楼|小区|楼栋|单元|厂|公司|路")
_COMPILED: Final = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
_GENERIC: Final = frozenset(
    "小区 社区 医院 学校 超市 市场 商场 公司 饭店 公园 车站 银行 中心 广场 幼儿园 路口 工地"
    " 大厅 大学 小学 中学 办事大厅 住院 出院 法院 社保中心 全市 本市 我市 城市 门市 上市 夜市"
    " 股市 县城 进城 高中 初中 半路 马路 公路 道路 一路 走路 修路 铁路 网路 思路 电路 水路"
    " 大街 上街 逛街 全村 农村 本村 俺村 乡村 下乡 地区 市区 城区 本区 郊区 全区 山区 全县"
    " 本县 集镇 城镇 二手店 门店 驿站 网站 党政府 政府 法庭 家庭 桥 站 银行卡 养老院 居委会"
    " 环 天桥 大桥 立交桥 高架桥 过街天桥 停车场 派出所 村委会 书店 别墅"
    " 家属院 安置房 回迁房".split()
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an address: its kind, how it is written, and where it was said."""

    kind: str
    value: str
    span: Span


def written(kind: str, text: str) -> str:
    """Buildings, units and rooms in figures (十八号楼 → 18号楼); 四期 and 五楼 stay as said."""
    if kind in _FIGURED or "国道" in text or "省道" in text:
        return re.sub(_N, _figures, text)
    if kind == "place" and text.endswith("中"):
        return f"{text}学"
    return text


def _figures(match: re.Match[str]) -> str:
    value = number(match[0])
    spelt = "幺" in match[0] or "零" in match[0][:1]
    return str(value) if value is not None and not (spelt and value == 0) else match[0]


def parts_of(text: str, turn: int, gazetteer: Iterable[str]) -> list[Part]:
    """The parts named in one turn, in the order they were said."""
    found: list[Part] = []
    free = text
    for name in sorted(gazetteer, key=len, reverse=True):
        for match in re.finditer(re.escape(name), free) if name else ():
            found.append(Part(_kind_of(name), name, Span(turn, *match.span())))
            free = free[: match.start()] + GAP * len(name) + free[match.end() :]
    named = _PLAIN.sub(lambda match: GAP * len(match[0]), free)
    for kind, pattern in _COMPILED:
        whole = kind in _WHOLE
        for match in pattern.finditer(free if whole else named):
            if GAP in (free if whole else named)[match.start() : match.end()]:
                continue
            if match[0] in _GENERIC:
                continue
            found.append(Part(kind, written(kind, match[0]), Span(turn, *match.span())))
            # A room is known by the unit before it, which therefore stays to be seen.
            if kind not in {"unit", "building", "village"}:
                free = blanked(free, *match.span())
            named = blanked(named, *match.span())
    found += _named_before_numbers(found, named, turn)
    return sorted(found, key=lambda part: part.span.start)


def _named_before_numbers(parts: Sequence[Part], text: str, turn: int) -> list[Part]:
    """What stands right before a house's number is its name, whatever it ends in: 幸福里三栋."""
    found = []
    for part in parts:
        before = re.search(rf"{_LETTERS}{{2,6}}$", text[: part.span.start])
        if part.kind in {"building", "phase"} and before and not _NO_NAME.search(before[0]):
            found.append(Part("place", before[0], Span(turn, *before.span())))
    return found


def _kind_of(name: str) -> str:
    for kind, pattern in _COMPILED:
        if pattern.fullmatch(name):
            return kind
    return "place"


def address(
    turns: Sequence[Turn], texts: Sequence[str], gazetteer: Iterable[str] = ()
) -> tuple[Found | None, list[Span], bool]:
    """The address with its evidence (the longest stretch said in one go), the spans of its parts,
    and whether it is more than a district or a mere door."""
    held: dict[str, Part] = {}
    first_was_asked: dict[str, bool] = {}
    names = tuple(gazetteer)
    for index in said_by_citizen(turns):
        parts = parts_of(texts[index], index, names)
        answer = asked(turns, index, _ASKED) or turns[index].role == "agent"
        for part in _beside_each_other(parts):
            before = texts[index][max(part.span.start - 8, 0) : part.span.start]
            corrected = bool(CORRECTION.search(before)) or turns[index].role == "agent"
            if part.kind == "number" and not (answer or _touches(part, parts)):
                continue
            # A number straight after a road belongs before what stands there: 滨河路23号紫金花园.
            behind = part.kind == "number" and _touches(part, parts, "road")
            kind = "door" if behind else part.kind
            first = held.get(kind)
            better = answer and first is not None and not first_was_asked.get(kind)
            if first is None or corrected or (better and kind in {"place", "road"}):
                held[kind] = part
                first_was_asked[kind] = answer
            elif kind == "place" and _follows(first, part):
                held["inner"] = part
    if not held.keys() - {"tail", "floor", "number", "phase", "room", "inner", "door"}:
        return None, [], False
    chosen = [held[kind] for kind in _ORDER if kind in held]
    evidence = _longest(chosen, turns)
    value = "".join(part.value for part in chosen)
    return Found(value, evidence), [part.span for part in chosen], bool(held.keys() & _STRONG)


def _follows(first: Part, part: Part) -> bool:
    """Whether another place was named right after the first, in the same breath."""
    near = 0 <= part.span.start - first.span.end <= 6
    return near and part.span.turn == first.span.turn and part.value != first.value


def _beside_each_other(parts: Sequence[Part]) -> list[Part]:
    """Two crossing roads are one place: 育才街跟范西路口."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last and last.kind == part.kind == "road" and part.span.start - last.span.end <= 1:
            span = Span(part.span.turn, last.span.start, part.span.end)
            joined[-1] = Part("road", f"{last.value}与{part.value}", span)
        else:
            joined.append(part)
    return joined


def _touches(part: Part, parts: Sequence[Part], *kinds: str) -> bool:
    """Whether it follows a named part (of these kinds) without a gap."""
    wanted = kinds or ("road", "place", "village", "building")
    return any(other.span.end == part.span.start and other.kind in wanted for other in parts)


def _longest(parts: Sequence[Part], turns: Sequence[Turn]) -> Span:
    """The longest stretch of neighbouring parts in one turn."""
    spans = sorted((part.span for part in parts), key=lambda span: (span.turn, span.start))
    runs = [spans[0]]
    for span in spans[1:]:
        last = runs[-1]
        if span.turn == last.turn and span.start - last.end <= 1:
            runs[-1] = Span(last.turn, last.start, max(last.end, span.end))
        else:
            runs.append(span)
    return max(runs, key=lambda span: len(span.words(turns)))
