"""Urgent wordings on every desk, and notices beside the calls they concern."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from agent_desk.aids import DraftShown, DraftSlot
from agent_desk.screens import DeskScreens
from hotline.knowledge_notices import NoticeKind
from hotline.words import Role
from tests.agent_desk.fakes import CALL, CALLER, MORNING, PEOPLE, Town, settings
from tests.agent_desk.test_screens import MINE, OTHER, Tab, rings
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio
EDITOR = PEOPLE[Role.EDITOR]
WORDS = {"key": "form-0001", "title": "台风停课", "words": "今天全区停课。"}
NOTICE = {
    "key": "form-0002",
    "kind": "停水",
    "title": "检修停水",
    "words": "请储水。",
    "places": "文昌路、国际城小区",
    "starts_at": "2026-09-28T08:00+08:00",
    "ends_at": "2026-09-28T18:00+08:00",
}


@pytest.fixture
def screens(town: Town) -> DeskScreens:
    made = DeskScreens(town.ports(), settings())
    town.notices.changed = made.urgent_changed
    return made


@pytest.fixture
async def editor(stranger: Visit) -> Visit:
    await stranger.log_in(EDITOR)
    return stranger


def taken(tab: Tab, kind: str) -> list[dict[str, Any]]:
    """Frames of this type that wait for the page; taken."""
    frames = [json.loads(frame) for frame in tab.browser._latest.values()]
    tab.browser._latest.clear()
    return [frame for frame in frames if frame["type"] == kind]


def draft(address: str) -> DraftShown:
    slot = DraftSlot(
        slot="address", value=address, words=address, leg="caller", from_s=1.0, start=0, end=2
    )
    return DraftShown(call=CALL, slots=(slot,))


async def post_notice(town: Town) -> None:
    await town.notices.post_notice(
        NoticeKind.WATER,
        "检修停水",
        "请储水。",
        "文昌路、国际城小区",
        starts_at=MORNING - dt.timedelta(hours=1),
        ends_at=MORNING + dt.timedelta(hours=5),
        by=EDITOR,
        key="n1",
    )


@pytest.mark.clause("ZQ-21(三)", "ZS-34")
async def test_an_urgent_wording_is_sent_to_every_open_desk_at_once(
    screens: DeskScreens, town: Town
) -> None:
    mine, other = Tab(screens).opens(), Tab(screens, OTHER).opens()
    taken(mine, "urgent")
    until = MORNING + dt.timedelta(hours=8)
    await town.notices.post_urgent("台风停课", "今天停课。", until, by=EDITOR, key="u1")
    for tab in (mine, other):
        (frame,) = taken(tab, "urgent")
        assert [(one["id"], one["acknowledged"]) for one in frame["items"]] == [("u1", False)]


async def test_a_desk_that_comes_back_sees_it_and_who_read_it_sees_that(
    screens: DeskScreens, town: Town
) -> None:
    until = MORNING + dt.timedelta(hours=8)
    await town.notices.post_urgent("台风停课", "今天停课。", until, by=EDITOR, key="u1")
    tab = Tab(screens).opens()
    assert taken(tab, "urgent")[0]["items"][0]["words"] == "今天停课。"
    await town.notices.acknowledge("u1", by=PEOPLE[Role.AGENT])
    assert taken(tab, "urgent")[0]["items"][0]["acknowledged"]
    again = Tab(screens).opens()
    assert taken(again, "urgent")[0]["items"][0]["acknowledged"]
    await town.notices.withdraw_urgent("u1", by=EDITOR)
    assert taken(again, "urgent")[0]["items"] == []


@pytest.mark.clause("ZS-35", "HB-31")
async def test_the_notices_at_a_callers_earlier_address_stand_beside_the_ringing_call(
    screens: DeskScreens, town: Town
) -> None:
    await post_notice(town)
    town.notices.addresses[CALLER.digits] = ["鼎湖区文昌路12号"]
    tab = Tab(screens).opens()
    await rings(screens, town)
    (frame,) = taken(tab, "notices")
    assert (frame["call"], frame["known_place"]) == (CALL, True)
    assert [(one["title"], one["place"], one["now"]) for one in frame["items"]] == [
        ("检修停水", "文昌路", True)
    ]


async def test_what_this_call_says_of_its_place_takes_the_place_of_the_earlier_address(
    screens: DeskScreens, town: Town
) -> None:
    await post_notice(town)
    town.notices.addresses[CALLER.digits] = ["文昌路"]
    tab = Tab(screens).opens()
    await rings(screens, town)
    taken(tab, "notices")
    screens.aid(MINE, draft("国际城四期2号楼"))
    (frame,) = taken(tab, "notices")
    assert (frame["known_place"], frame["items"][0]["place"]) == (False, "国际城小区")
    screens.aid(MINE, draft("国际城四期2号楼"))
    assert taken(tab, "notices") == []
    screens.aid(MINE, draft("端州路8号"))
    assert taken(tab, "notices")[0]["items"] == []


async def test_an_editor_posts_withdraws_and_sees_who_has_read(editor: Visit, town: Town) -> None:
    made = await editor.post_json("/api/urgent/new", WORDS)
    assert made.status_code == 201
    await town.notices.acknowledge(made.json()["id"], by=PEOPLE[Role.AGENT])
    rows = (await editor.get("/api/urgent")).json()["rows"]
    assert [(row["title"], row["in_force"], len(row["read"])) for row in rows] == [
        ("台风停课", True, 1)
    ]
    await editor.post_json(f"/api/urgent/{made.json()['id']}/withdraw", {})
    assert not (await editor.get("/api/urgent")).json()["rows"][0]["in_force"]


async def test_a_notice_is_posted_with_its_times_and_found_by_a_typed_address(
    editor: Visit, town: Town
) -> None:
    assert (await editor.post_json("/api/notices/new", NOTICE)).status_code == 201
    naive = {**NOTICE, "key": "form-0003", "ends_at": "2026-09-28T18:00"}
    refused = await editor.post_json("/api/notices/new", naive)
    assert (refused.status_code, "没有时区" in refused.json()["error"]) == (422, True)
    rows = (await editor.get("/api/notices/all")).json()["rows"]
    assert [(row["places"], row["in_force"]) for row in rows] == [(["文昌路", "国际城小区"], True)]
    editor.client.cookies.clear()
    await editor.log_in(PEOPLE[Role.AGENT])
    found = (await editor.get("/api/notices?address=文昌路")).json()["items"]
    assert [one["title"] for one in found] == ["检修停水"]
    await town.notices.withdraw_notice("form-0002", by=EDITOR)
    assert (await editor.get("/api/notices?address=文昌路")).json()["items"] == []
