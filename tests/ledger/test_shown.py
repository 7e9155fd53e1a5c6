"""Which articles stood beside a call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.words import CallId
from ledger.shown import ShownArticle
from ledger.store import Ledger
from tests.ledger.conftest import START

pytestmark = pytest.mark.anyio
CARD = ShownArticle(CallId("c1"), "gjj-withdraw", 1, "住房公积金提取", internal=False, at=START)


async def test_each_version_of_an_article_is_kept_once_with_the_call_it_stood_beside(
    ledger: Ledger,
) -> None:
    newer = replace(CARD, version=2, internal=True)
    await ledger.shown.add([CARD, newer])
    await ledger.shown.add([newer, replace(CARD, call=CallId("c2"))])
    assert await ledger.shown.of(CallId("c1")) == [CARD, newer]
    assert await ledger.shown.of(CallId("c3")) == []
