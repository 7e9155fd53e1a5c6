"""What is said becomes a draft with its evidence, and brings the right article, through the whole
system: a voice into the real trunk, the real recogniser, the socket of the agent's desk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest

from ivr.call_acts import transfer
from ivr.telephone import Answer, Call, Telephone
from ivr.voice import find_voice_tools, speak
from tests.walks.system_kit import ACCESS, Desk, System, eventually, press_pause, press_ready

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]

COMPLAINT: Final = "我要投诉翠湖花园三号楼物业没人清理垃圾"
QUESTION: Final = "请问公积金怎么提取"
SMALL_TALK: Final = "喂您好听到吗"
SEAT: Final = "1001"
OTHER: Final = "1002"


@dataclass
class Page:
    """An agent's page as its socket makes it: what it was sent, acknowledged as a page does."""

    desk: Desk
    frames: list[dict[str, Any]] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        """Take frames until cancelled."""
        async for text in self.desk.socket:
            frame = json.loads(text)
            if frame["seq"]:
                ack = {"type": "ack", "seq": frame["seq"]}
                await self.desk.socket.send(json.dumps(ack))
            async with self.came:
                self.frames.append(frame)
                self.came.notify_all()

    def of(self, type: str, call: str) -> list[dict[str, Any]]:
        return [f for f in self.frames if f["type"] == type and f.get("call") == call]

    def finals(self, call: str) -> list[dict[str, Any]]:
        pictures = [f for f in self.frames if f["type"] == "picture"]
        words = [w for picture in pictures for w in picture["words"] if w["call"] == call]
        return [*words, *(f for f in self.of("said", call) if f["final"])]

    def slots(self, call: str) -> dict[str, dict[str, Any]]:
        drafts = self.of("draft", call)
        return {slot["slot"]: slot for slot in drafts[-1]["slots"]} if drafts else {}

    def cards(self, call: str) -> list[str]:
        answers = self.of("answers", call)
        return [card["article"] for card in answers[-1]["cards"]] if answers else []


@asynccontextmanager
async def page_of(system: System, seat: str = SEAT) -> AsyncIterator[Page]:
    async with system.desk(seat) as desk:
        page = Page(desk)
        reading = asyncio.create_task(page.read())
        try:
            yield page
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@asynccontextmanager
async def talking(system: System) -> AsyncIterator[tuple[Page, Call, Call]]:
    """The agent's page, and both ends of a conversation: the citizen's and the agent's."""
    async with (
        page_of(system) as page,
        system.seat(SEAT, Answer()) as seat,
        system.citizen() as citizen,
    ):
        call = await citizen.call(ACCESS)
        await call.answered()
        talk = await seat.next_call(60)
        await talk.answered()
        yield page, call, talk


@asynccontextmanager
async def paused(seat: Telephone) -> AsyncIterator[None]:
    """A seat that the queue leaves alone."""
    await press_pause(seat)
    try:
        yield
    finally:
        await press_ready(seat)


async def says(call: Call, text: str, page: Page, heard: Any) -> None:
    """Say it until the page shows what it should; a busy machine may lose a syllable of it."""
    pcm = speak(text, find_voice_tools(), variant="m7")
    for _ in range(3):
        call.play(pcm)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20), page.came:
                await page.came.wait_for(heard)
                return
    raise AssertionError(f"not heard: {[f for f in page.frames if f['type'] == 'said']}")


async def test_a_complaint_is_drafted_from_its_words_and_saved_with_them(system: System) -> None:
    async with talking(system) as (page, call, _):
        call_id = await system.call_id(call)
        await says(call, COMPLAINT, page, lambda: {"type", "address"} <= set(page.slots(call_id)))
        slots = page.slots(call_id)
        assert slots["type"]["value"] == "投诉"
        assert slots["address"]["value"] == "翠湖花园3号楼"
        finals = {(said["leg"], said["from_s"]): said["text"] for said in page.finals(call_id)}
        for slot in slots.values():
            text = finals[slot["leg"], slot["from_s"]]
            assert text[slot["start"] : slot["end"]] == slot["words"] != ""
        # A page that comes back has the draft again.
        async with page_of(system) as again:
            async with asyncio.timeout(20), again.came:
                await again.came.wait_for(lambda: "address" in again.slots(call_id))
            assert again.slots(call_id)["address"] == slots["address"]
        number = await save(system, call_id, slots)
        await call.hang_up()
    await system.booked(call_id)
    async with logged_in(system) as web:
        shown = (await web.get(f"/tickets/{number}")).text
    assert re.search(r'>址</span> 地址</dt><dd><span class="ev">“翠湖花园三号楼”</span>', shown)
    assert "来电时听到的话" in shown


async def save(system: System, call: str, slots: dict[str, dict[str, Any]]) -> str:
    """Save the form as the words filled it, and one slot with words nobody said."""
    proof = [
        {key: slot[key] for key in ("slot", "words", "leg", "from_s")} for slot in slots.values()
    ]
    proof = [p for p in proof if p["slot"] != "unit"]
    proof.append({**proof[0], "slot": "unit", "words": "这句话没有人说过"})
    form = {
        "key": f"walk-{call}",
        "call": call,
        "type": slots["type"]["value"],
        "summary": slots["summary"]["value"],
        "address": slots["address"]["value"],
        "evidence": proof,
    }
    async with logged_in(system) as web:
        answer = await web.post("/api/tickets", json=form)
        assert answer.status_code == 201, answer.text
        page = (await web.get(f"/tickets/{answer.json()['number']}")).text
    assert "这句话没有人说过" not in page
    return str(answer.json()["number"])


@asynccontextmanager
async def logged_in(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of the agent, with the token of its pages."""
    origin = str(system.places["web"])
    async with httpx.AsyncClient(base_url=origin, trust_env=False) as web:
        await system._log_in(web, SEAT)
        page = (await web.get("/me")).text
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert token
        web.headers.update({"origin": origin, "x-csrf-token": token[1]})
        yield web


async def test_after_a_transfer_the_other_desk_has_the_words_and_the_draft(system: System) -> None:
    async with (
        page_of(system, OTHER) as other,
        system.seat(OTHER, Answer()) as colleague,
        paused(colleague),
        talking(system) as (page, call, talk),
    ):
        call_id = await system.call_id(call)
        await says(call, COMPLAINT, page, lambda: "address" in page.slots(call_id))
        assert other.slots(call_id) == {}
        assert await transfer(talk, OTHER) == 200
        onward = await colleague.next_call(60)
        await onward.answered()
        async with asyncio.timeout(20), other.came:
            await other.came.wait_for(lambda: "address" in other.slots(call_id))
        assert other.slots(call_id) == page.slots(call_id)
        assert [one["text"] for one in other.finals(call_id) if one["text"]] == [
            one["text"] for one in page.finals(call_id) if one["text"]
        ]
        await call.hang_up()
        await system.booked(call_id)
        await system.seat_is(OTHER, "paused")


async def test_the_right_article_stands_beside_the_call_before_the_caller_hangs_up(
    system: System,
) -> None:
    async with (
        page_of(system) as page,
        system.seat(SEAT, Answer()) as seat,
        system.citizen() as citizen,
    ):
        call = await citizen.call(ACCESS)
        await call.answered()
        # While the greeting is spoken and the telephone rings: nobody has the call yet.
        call.play(speak(QUESTION, find_voice_tools(), variant="m7"))
        call_id = await system.call_id(call)
        talk = await seat.next_call(60)
        await talk.answered()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(15), page.came:
                await page.came.wait_for(lambda: page.cards(call_id))
        if "gjj-withdraw" not in page.cards(call_id):
            await says(call, QUESTION, page, lambda: "gjj-withdraw" in page.cards(call_id))
        assert call.state != "ended"
        answers = page.of("answers", call_id)
        assert all(len(one["cards"]) <= 3 and one["seq"] == 0 for one in answers)
        [card] = [one for one in answers[-1]["cards"] if one["article"] == "gjj-withdraw"]
        assert card["source"] == "演示数据"
        assert card["title_spans"]
        await call.hang_up()
    await system.booked(call_id)

    async def noted() -> bool:
        kept = await system.ledger.shown.of(call_id)
        return ("gjj-withdraw", 1) in {(one.article, one.version) for one in kept}

    await eventually(noted, 60, "the ledger knows which article was shown")


async def test_small_talk_brings_no_card_and_fills_no_slot_but_the_board_says_all_is_well(
    system: System,
) -> None:
    async with talking(system) as (page, call, _):
        call_id = await system.call_id(call)
        await says(call, SMALL_TALK, page, lambda: page.of("draft", call_id))
        assert page.slots(call_id) == {}
        await call.hang_up()
        await system.booked(call_id)
        assert page.cards(call_id) == []
    async with httpx.AsyncClient(base_url=str(system.places["web"]), trust_env=False) as web:
        await system._log_in(web, "banzhang")
        status = (await web.get("/status")).text
    assert re.search(r"知识检索.{0,200}?\d+ 条", status, re.DOTALL)
