"""Everything the exchange says, in one place: prompt id → Chinese text.

The recordings lie in `asterisk_conf/sounds/`, one 8 kHz 16-bit mono WAV each, named by the id; a
studio's own recording of the same name in DATA/sounds takes its place (sounds/README.md). Digits
of telephone numbers are written as they are to be spoken: 幺幺九, 一二三四五.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "zhaoqing": "肇庆高新区一二三四五政务服务便民热线",
        "guangyuan": "广元市一二三四五政务服务便民热线",
        "zhongshan": "中山市一二三四五政务服务便民热线",
        "hebei": "九六一八九零群众服务热线",
        "guizhou": "贵州省一二三四五政务服务便民热线",
    }
)
"""The name of each city's line, spoken in its greeting."""

SPOKEN: Final[Mapping[str, str]] = MappingProxyType(
    {"110": "幺幺零", "119": "幺幺九", "120": "幺二零", "122": "幺二二"}
)
"""Emergency numbers as they are said."""

# Nobody is offered to an agent before the greeting ends: it says what it has to and stops.
_NOTICE = "为保证服务质量，本次通话将被录音。如遇紧急情况，请按九。"


def _greetings() -> dict[str, str]:
    return {f"greeting-{city}": f"您好，这里是{line}。{_NOTICE}" for city, line in LINES.items()}


def _by_number() -> dict[str, str]:
    prompts: dict[str, str] = {}
    for number, said in SPOKEN.items():
        prompts[f"confirm-{number}"] = f"正在为您转接{said}，如果不需要请按星号键。"
        prompts[f"tell-{number}"] = f"您说的情况，请直接拨打{said}。"
        prompts[f"emergency-failed-{number}"] = (
            f"{said}线路暂时不通，正在为您优先接通人工坐席，请不要挂机。"
        )
        prompts[f"agent-emergency-{number}"] = f"{said}未接通。"
    return prompts


PROMPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_greetings(),
        "emergency-menu": "报警请按一，火警请按二，急救请按三，交通事故请按四。",
        **_by_number(),
        "emergency-unsure": "没有收到您的按键，正在为您优先接通人工坐席，请不要挂机。",
        "agent-emergency": "紧急来电。",
        "wait": "请稍候，人工坐席将尽快为您服务。如遇紧急情况，请按九。",
        "position-before": "您现在排在第",
        "position-after": "位，请稍候。",
        "position-next": "您是下一位，请稍候。",
        "sorry-busy": "对不起，坐席全忙，暂时无法接听您的来电。",
        "sorry-full": "对不起，来电较多，排队人数已满。",
        "sorry-nobody": "对不起，现在没有坐席可以接听。",
        "return-call": "我们会尽快给您回拨，请留意接听。再见。",
        "return-notice": "您好，这里是政务服务热线，给您回电。为保证服务质量，本次通话将被录音。",
        "rating": (
            "请对本次服务作出评价：非常满意请按一，满意请按二，基本满意请按三，"
            "不满意请按四，非常不满意请按五。通话意外中断的，请按零。"
        ),
        "rating-thanks": "感谢您的评价，再见。",
        "call-again": "请稍后再拨。再见。",
        "transfer-failed": "您要转接的坐席暂时无法接听，正在为您接通其他坐席，请不要挂机。",
        "consult-failed": "紧急线路没有接通，请返回来电人。",
        "agent-ready": "已就绪。",
        "agent-paused": "已暂停。",
    }
)
"""Said by the dialplan and the queues, under sounds/zh/jiesu/."""

DIGITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{str(value): said for value, said in enumerate("零一二三四五六七八九")},
        "10": "十",
        **{f"{value}0": f"{said}十" for value, said in enumerate("二三四五六七八九", start=2)},
        "hundred": "百",
        "thousand": "千",
    }
)
"""What Asterisk's own counting in Chinese asks for (main/say.c), under sounds/zh/digits/."""

MUSIC: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "default": ("tones",),
        "hotline": ("wait", "tones"),
        "emergency-unsure": ("emergency-unsure", "ringing"),
        **{f"emergency-failed-{n}": (f"emergency-failed-{n}", "ringing") for n in SPOKEN},
    }
)
"""Music on hold: class → recordings played in turn, over and over.

Words inside the music never keep a caller from being offered to an agent; announcements do.
"""

TONES: Final = ("tones", "ringing")
"""Recordings without words, made by tones.py."""
