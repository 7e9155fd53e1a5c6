"""What the tickets of the generated year are about. Marked 演示数据; people and places invented."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from hotline.words import TicketType, UnitId


@dataclass(frozen=True, slots=True)
class Matter:
    """Something people call about: how often, of which type, whose it is."""

    category: str
    unit: UnitId
    weight: int
    type: TicketType
    told: tuple[str, ...]


def _matter(category: str, unit: str, weight: int, type_: TicketType, *told: str) -> Matter:
    return Matter(category, UnitId(unit), weight, type_, told)


_C, _H, _Q = TicketType.COMPLAINT, TicketType.HELP, TicketType.CONSULT
_R, _S = TicketType.REPORT, TicketType.SUGGESTION
MATTERS: Final = (
    _matter("噪声扰民", "chengguan", 17, _C, "工地夜间施工到凌晨，打桩很响", "楼下烧烤店音响扰民"),
    _matter("市容环境", "chengguan", 8, _R, "路口长期占道摆摊", "空地堆放建筑垃圾无人清运"),
    _matter("交通出行", "jiaotong", 7, _S, "公交车间隔太长，建议增加班次", "路口信号灯配时不合理"),
    _matter("供水供电供气", "gongshui", 8, _H, "小区停水一天没有通知", "水管爆裂，路面积水"),
    _matter("供水供电供气", "gongdian", 6, _H, "整栋楼停电，已报修", "电表读数异常，要求核查"),
    _matter("物业管理", "jiedao", 10, _C, "电梯坏了半个月物业不修", "物业未经公示收取停车费"),
    _matter("房屋建设", "zhujian", 7, _C, "新房墙体渗水，开发商不处理", "预售楼盘延期交付"),
    _matter("劳动社保", "renshe", 9, _Q, "失业保险金怎样申领", "灵活就业人员怎样参保"),
    _matter("劳动社保", "renshe", 6, _C, "工地拖欠工资三个月", "公司不签劳动合同"),
    _matter("医疗卫生", "weijian", 5, _Q, "异地就医怎样备案", "预约疫苗接种的地点"),
    _matter("教育", "jiaoyu", 6, _Q, "外来务工子女入学需要哪些材料", "校外培训机构退费难"),
    _matter("市场监管", "shichang", 8, _R, "超市售卖过期食品", "预付卡商家关门失联"),
    _matter("户籍证照", "gongan", 6, _Q, "居住证到期怎样续签", "异地办理身份证需要多久"),
    _matter("环境保护", "shengtai", 5, _C, "工厂夜间排放刺鼻气味", "河涌发黑发臭"),
    _matter("政务服务", "xieguan", 4, _S, "建议增加周末办事窗口", "网上办事大厅登录不了"),
)
_WEIGHTS: Final = tuple(matter.weight for matter in MATTERS)
_ROADS: Final = ("迎宾大道", "建设路", "文明街", "滨江路", "工业三路", "学院路", "和平里", "新兴街")
_ESTATES: Final = ("翠湖花园", "金桂苑", "阳光城", "安居小区", "锦绣华庭", "东方豪园", "幸福里")
_SURNAMES: Final = "陈李黄张梁林刘吴罗杨何谢郭冯邓许曾彭苏卢蔡潘叶余杜戴夏钟田"
_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文婷"
_REPLIES: Final = (
    "已派人到现场核查，情况属实，责令当日整改",
    "经核实，已联系责任单位限期处理，并向诉求人说明",
    "现场未发现所述情况，已加强巡查，请诉求人再次发现时提供时间地点",
    "属历史遗留问题，已列入本年度改造计划",
)


def matter_of(dice: Random) -> Matter:
    """One matter, as often as it is called about."""
    return dice.choices(MATTERS, _WEIGHTS)[0]


def address(dice: Random) -> str:
    """A place that does not exist."""
    estate = dice.choice(_ESTATES)
    return f"{dice.choice(_ROADS)}{dice.randint(1, 399)}号{estate}{dice.randint(1, 28)}栋"


def name(dice: Random) -> str:
    """A person who does not exist."""
    return dice.choice(_SURNAMES) + "".join(dice.choices(_GIVEN, k=dice.choice((1, 2, 2))))


def phone(dice: Random) -> str:
    """A mobile number of the demonstration's own range."""
    return (
        f"1390000{dice.randint(0, 9999):04d}"
        if dice.random() < 0.1
        else (f"1{dice.choice('3578')}{dice.randint(0, 999_999_999):09d}")
    )


def reply(dice: Random) -> str:
    """What a unit writes."""
    return dice.choice(_REPLIES)


def wanted(type_: TicketType) -> str:
    """What the caller asks for."""
    return {TicketType.CONSULT: "请告知", TicketType.SUGGESTION: "请予采纳"}.get(type_, "要求处理")
