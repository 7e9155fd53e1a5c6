"""The desk while intake helps: known tickets, the directory's matter, 不予受理."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent_desk.handling_views import TieShown
from agent_desk.intake_views import FormTold
from tests.agent_desk.fake_intakes import CHOICES, KNOWN, OWN, ZHONGSHAN
from tests.agent_desk.fakes import CALL, Town
from tests.browser.kit import DESKTOP, LAPTOP, Place, Screen
from tests.browser.scenes import AGENT, SUPERVISOR, ZOOMED, Scene, some_tickets, talk, tells

LONG: Final = "恒裕花园南侧在建工地每晚23:30至次日3:00打桩，影响睡眠，要求停止施工并公示证明；" * 4


async def something_known(town: Town) -> None:
    town.intakes.known = KNOWN


async def a_long_one(town: Town) -> None:
    long_words = replace(OWN, summary=LONG, say=f"{OWN.say}结果是：{LONG}")
    town.intakes.known = replace(KNOWN, tickets=(long_words, *KNOWN.tickets))


async def in_zhongshan(town: Town) -> None:
    town.intakes.known = KNOWN
    town.intakes.of_city = ZHONGSHAN


async def in_hebei(town: Town) -> None:
    town.intakes.of_city = replace(
        ZHONGSHAN, refusals=(), searched=("第六条", "第二十一条"), orders=CHOICES.refusals[:2]
    )


async def known_row(place: Place, screen: Screen) -> None:
    """The caller has told enough: a row says what is known."""
    await tells(place, screen)
    await screen.shows("#known", "来电人反映过：办理中")
    await screen.shows("#item", "建筑施工噪声")


async def known_open(place: Place, screen: Screen) -> None:
    await known_row(place, screen)
    await screen.page.keyboard.press("Alt+r")
    await screen.shows("#known-list", "有无新情况")


async def settled(place: Place, screen: Screen) -> None:
    await known_open(place, screen)
    await screen.page.click("#known-list [data-settle=again]")
    await screen.shows("#settled", "记为重复来电")


async def refusing(place: Place, screen: Screen) -> None:
    await tells(place, screen)
    await screen.page.keyboard.press("Alt+n")
    await screen.page.check("[name=refusal][value=emergency]")
    await screen.shows("#refuse", "移交 110")


async def wizard(place: Place, screen: Screen) -> None:
    await talk(place, screen)
    await screen.page.keyboard.press("Alt+n")
    await screen.shows("#refuse", "就这样办")


async def a_joined_ticket(town: Town) -> None:
    await some_tickets(town)
    day = OWN.opened_at
    town.handlings.ties = (
        TieShown(text="并入本件", number="20260926-000042", summary=LONG, at=day),
        TieShown(text="后来又有新情况", number="20260927-000003", summary="又施工", at=day),
        TieShown(text="又来问过2次，没有新情况，已告知", at=day),
        TieShown(text="共3位来电人，办结后逐位答复、回访", at=day),
        TieShown(text="登记时建议异地转办：深圳市〔第二十四条〕", at=day),
    )


async def dispatching(_: Place, screen: Screen) -> None:
    await screen.page.click("summary:has-text('派单')")


def asked(town: Town) -> list[FormTold]:
    """What the browser asked of this call."""
    return [one for one in town.intakes.asked if one.call == CALL]


INTAKE: Final = (
    Scene("desk-known", AGENT, "/desk", before=something_known, then=known_row),
    Scene(
        "desk-known-open",
        AGENT,
        "/desk",
        before=something_known,
        then=known_open,
        sizes=(DESKTOP, LAPTOP, ZOOMED),
    ),
    Scene("desk-known-long", AGENT, "/desk", before=a_long_one, then=known_open),
    Scene("desk-known-settled", AGENT, "/desk", before=something_known, then=settled),
    Scene("desk-refuse", AGENT, "/desk", then=refusing, sizes=(DESKTOP, LAPTOP, ZOOMED)),
    Scene("desk-refuse-region", AGENT, "/desk", before=in_zhongshan, then=wizard),
    Scene(
        "ticket-joined",
        SUPERVISOR,
        "/tickets/20260928-000001",
        before=a_joined_ticket,
        then=dispatching,
    ),
    Scene("desk-refuse-silent", AGENT, "/desk", before=in_hebei, then=wizard, theme="dark"),
)
