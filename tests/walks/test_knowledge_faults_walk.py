"""The knowledge base of a whole system: its server killed while articles are published, its index
deleted, filled with nonsense, without room on the disk. Nothing is lost, and search answers.

ADR 14 and 29: the index is derived; the ledger decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from hotline.knowledge import Approval, ArticleId, Content, Standing, Version
from hotline.words import UserId
from ledger.knowledge_rows import Change
from ledger.store import now
from tests.agent_desk.visits import token_in
from tests.walks.system_kit import System, eventually

pytestmark = [pytest.mark.anyio, pytest.mark.walk]

KILLS: Final = 3
A_KILL: Final = 12
"""So many articles are published, one after another, while the server is killed."""
_AUTHOR, _REVIEWER = UserId("u-author"), UserId("u-reviewer")


def name(number: int) -> str:
    return f"泡泡车位第{number}号"


async def reviewed(system: System, numbers: range) -> None:
    """Articles that another person has read: one click from being published."""
    at = now()
    passed = Approval(by=_REVIEWER, at=at, passed=True)
    await system.ledger.knowledge.articles.save(
        [
            Change(
                version=Version(
                    article=ArticleId(f"walk-{number}"),
                    number=1,
                    content=Content(
                        title=name(number), words="凭行驶证申请泡泡车位。", unit="区城管局"
                    ),
                    standing=Standing.REVIEW,
                    author=_AUTHOR,
                    made_at=at,
                    submitted_at=at,
                    reviews=(passed,),
                ),
                expected=0,
            )
            for number in numbers
        ],
        by=_AUTHOR,
        what="knowledge.import",
    )


@asynccontextmanager
async def editor(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """The editor's browser, logged in."""
    origin = str(system.places["web"])
    async with httpx.AsyncClient(
        base_url=origin, trust_env=False, headers={"origin": origin}, timeout=30
    ) as web:
        await system._log_in(web, "zhishi")
        web.headers["x-csrf-token"] = token_in((await web.get("/me")).text)
        yield web


async def publish(web: httpx.AsyncClient, number: int) -> bool:
    """Whether the server said that it is published; False: it was killed before it could."""
    form = {"csrf": web.headers["x-csrf-token"], "act": "publish", "number": "1", "expected": "1"}
    try:
        answer = await web.post(f"/knowledge/editing/walk-{number}/acts", data=form)
    except httpx.HTTPError:
        return False
    assert answer.status_code == 303, answer.text
    return True


async def finds(web: httpx.AsyncClient, number: int) -> bool:
    """Whether search by hand brings this article, and search works at all."""
    answer = await web.get("/knowledge", params={"q": name(number)})
    return answer.status_code == 200 and f"/knowledge/walk-{number}?" in answer.text


async def found(web: httpx.AsyncClient, number: int) -> None:
    async def look() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return await finds(web, number)
        return False

    await eventually(look, 60, f"article {number} is found")


async def standings(system: System, numbers: range) -> dict[int, Standing]:
    ids = {f"walk-{number}": number for number in numbers}
    held = await system.ledger.knowledge.articles.some(ids)
    return {ids[one.article]: one.latest.standing for one in held.values()}


async def caught_up(system: System) -> None:
    """Nothing is left in the outbox: the index has taken in every change."""

    async def look() -> bool:
        return await system.ledger.outbox.depth() == 0

    await eventually(look, 45.0, "the outbox is empty")


async def killed_while_publishing(system: System, web: httpx.AsyncClient, numbers: range) -> None:
    server = system.child("server")
    told: set[int] = set()
    begun = asyncio.Event()

    async def one_after_another() -> None:
        for number in numbers:
            if not await publish(web, number):
                return
            told.add(number)
            begun.set()

    publishing = asyncio.create_task(one_after_another())
    publishing.add_done_callback(lambda _: begun.set())
    await asyncio.wait_for(begun.wait(), 60)
    assert not publishing.done() or publishing.result() is None
    await asyncio.sleep(random.random() / 2)  # at a random moment of a commit, or between two
    await system.kill("server")
    await publishing
    await system.restored("server", server, within=60.0)
    await caught_up(system)
    now_are = await standings(system, numbers)
    assert {number for number, one in now_are.items() if one is Standing.PUBLISHED} >= told
    for number, standing in now_are.items():
        if standing is Standing.PUBLISHED:
            await found(web, number)
        else:
            assert standing is Standing.REVIEW
            assert not await finds(web, number)
            assert await publish(web, number), "what was not published can be published now"
            await found(web, number)


async def test_an_editors_day_with_every_fault_that_the_index_can_have(system: System) -> None:
    """One after another: they leave the system as they found it."""
    every = range(KILLS * A_KILL + 20)
    await reviewed(system, every)
    index = system.data / "search"
    async with editor(system) as web:
        await web.get("/knowledge", params={"q": "社保卡"})
        for kill in range(KILLS):
            await killed_while_publishing(system, web, every[kill * A_KILL :][:A_KILL])
        rest = iter(every[KILLS * A_KILL :])
        await deleted(system, web, index, rest)
        await nonsense(system, web, index, rest)
        await without_room(system, web, index, rest)
        shown = await web.get("/knowledge", params={"q": "社保卡丢了怎么挂失"})
        assert "/knowledge/sb-card-lost?" in shown.text
    await withdrawn(system, every)


async def deleted(
    system: System, web: httpx.AsyncClient, index: Path, numbers: Iterator[int]
) -> None:
    server = system.child("server")
    shutil.rmtree(index)
    await found(web, 0)
    await eventually(is_there(index), 30.0, "the index is on the disk again")
    shutil.rmtree(index)
    await published_and_found(web, next(numbers))
    await eventually(is_there(index), 30.0, "the index is on the disk again")
    assert system.child("server") == server, "the service went on"
    with system.foreman_asleep():
        await system.kill("server")
        shutil.rmtree(index)
    await system.restored("server", server, within=60.0)
    await published_and_found(web, next(numbers))
    assert await is_there(index)()


async def nonsense(
    system: System, web: httpx.AsyncClient, index: Path, numbers: Iterator[int]
) -> None:
    server = system.child("server")
    before = (index / "current.json").read_text("utf-8")
    for path in index.glob("generation-*/*"):
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))

    async def anew() -> bool:
        return (index / "current.json").read_text("utf-8") != before

    await eventually(anew, 60, "the damaged index was made anew")
    await found(web, 0)
    await published_and_found(web, next(numbers))
    assert system.child("server") == server, "the service went on"
    with system.foreman_asleep():
        await system.kill("server")
        for path in (*index.glob("generation-*/*"), index / "current.json"):
            path.write_bytes(os.urandom(100))
    await system.restored("server", server, within=60.0)
    await published_and_found(web, next(numbers))


async def without_room(
    system: System, web: httpx.AsyncClient, index: Path, numbers: Iterator[int]
) -> None:
    """From the start, and in the middle of the day."""
    server = system.child("server")
    with contextlib.ExitStack() as room:
        with system.foreman_asleep():
            await system.kill("server")
            room.enter_context(no_room(index))
        await system.restored("server", server, within=60.0)
        await found(web, 0)
        await published_and_found(web, next(numbers))
        server = system.child("server")
        system.foreman.send_signal(signal.SIGSTOP)
        await system.kill("server")
    system.foreman.send_signal(signal.SIGCONT)
    await system.restored("server", server, within=60.0)
    await found(web, 0)
    assert await is_there(index)()
    with no_room(index):
        await published_and_found(web, next(numbers))
    await published_and_found(web, next(numbers))


@contextmanager
def no_room(index: Path) -> Iterator[None]:
    """A disk of a few pages in place of the index; where nobody may mount one, a file where the
    folder should be: written is nothing either way."""
    aside = index.with_name("search-aside")
    index.rename(aside)
    index.mkdir()
    tiny = ["mount", "-t", "tmpfs", "-o", "size=16k", "jiesu-walk", str(index)]
    mounted = subprocess.run(tiny, capture_output=True, check=False).returncode == 0
    if not mounted:
        index.rmdir()
        index.write_text("")
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(index)], check=True)
            index.rmdir()
        else:
            index.unlink()
        aside.rename(index)


async def published_and_found(web: httpx.AsyncClient, number: int) -> None:
    async def look() -> bool:
        return await publish(web, number)

    await eventually(look, 60, f"article {number} is published")
    await found(web, number)


async def withdrawn(system: System, numbers: range) -> None:
    """Nothing is lost, and then nothing is left for the next walk."""
    articles = system.ledger.knowledge.articles
    held = await articles.some([f"walk-{number}" for number in numbers])
    assert len(held) == len(numbers)


def is_there(index: Path) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (index / "current.json").exists()

    return look
