"""A process that publishes article after article into a ledger and its index until it is killed.
Prints the id of each that the ledger has committed. Run as
``python -m tests.switchboard.knowledge_process URL INDEX [LARGEST]``; with LARGEST no file may grow
beyond so many bytes once the index is there (as on a full disk), five articles are published and
what is found is printed as JSON."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path

from hotline.knowledge import ArticleId, Content, Standing, Version
from hotline.words import UserId
from ledger.knowledge_rows import Change
from ledger.store import Ledger, now, open_ledger
from switchboard.knowledge_feed import LedgerArticles
from switchboard.opened_search import OpenedSearch


async def publish(ledger: Ledger, number: int) -> str:
    """One article, committed when this returns."""
    at = now()
    version = Version(
        article=ArticleId(f"n{number}"),
        number=1,
        content=Content(
            title=f"泡泡车位第{number}号怎么申请",
            words="凭行驶证申请泡泡车位。",
            asked=("泡泡车位怎么申请",),
        ),
        standing=Standing.PUBLISHED,
        author=UserId("u1"),
        made_at=at,
        published_at=at,
    )
    change = Change(version=version, expected=0)
    await ledger.knowledge.articles.save([change], by=UserId("u1"), what="knowledge.publish")
    return version.article


async def run(url: str, index: Path, largest: int) -> None:
    async with open_ledger(
        url, field_key=bytes(32), clock=now, code_version="test", city="zhaoqing"
    ) as ledger:
        search = OpenedSearch(index, LedgerArticles(ledger, now))
        await search.open()
        if largest:
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
        number = 0
        while not largest or number < 5:
            number += 1
            if largest:
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            article = await publish(ledger, number)
            if largest:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
            else:
                sys.stdout.write(f"{article}\n")
                sys.stdout.flush()
            await search.follow([article])
        found = await search.ask("泡泡车位怎么申请", now())
        print(json.dumps({"found": [one.article.id for one in found], "why": search.why_none}))  # noqa: T201 - what the test reads
        search.close()


if __name__ == "__main__":
    largest = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), largest))
