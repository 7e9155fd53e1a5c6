from __future__ import annotations

import datetime as dt

import pytest

from hotline.facts import Fact
from hotline.words import CallId, Outcome, Service
from ledger.store import Ledger
from tests.ledger.stories import START, closed, opened, stepped

pytestmark = pytest.mark.anyio


async def test_every_end_of_a_call_is_one_row_of_the_book(writing: Ledger) -> None:
    end = closed("c1", outcome=Outcome.ABANDONED, agent=None)
    await writing.journal.append([opened("c1"), end], policy_version="1")
    call = await writing.book.call(CallId("c1"))
    assert call is not None
    assert (call.outcome, call.wait_s, call.agent) == (Outcome.ABANDONED, 3.5, None)
    assert (call.arrived_at, call.queued_at, call.ended_at) == (
        end.arrived_at,
        end.queued_at,
        end.at,
    )
    assert await writing.book.call(CallId("c2")) is None
    assert await writing.book.calls([CallId("c1"), CallId("c2")]) == {"c1": call}


async def test_a_second_end_of_the_same_call_changes_nothing(writing: Ledger) -> None:
    await writing.journal.append([closed("c1")], policy_version="1")
    await writing.journal.append([closed("c1", outcome=Outcome.ABANDONED)], policy_version="1")
    call = await writing.book.call(CallId("c1"))
    assert call is not None
    assert call.outcome is Outcome.ANSWERED


async def test_everything_about_a_call_is_found_by_its_id(writing: Ledger) -> None:
    facts: list[Fact] = [opened("c1"), opened("c2"), stepped("c1", "menu"), closed("c1")]
    await writing.journal.append(facts, policy_version="1")
    found = await writing.book.facts_of(CallId("c1"))
    assert [recorded.fact for recorded in found] == [facts[0], facts[2], facts[3]]


async def test_a_linkage_is_the_fold_of_its_steps(writing: Ledger) -> None:
    steps = [
        stepped("c1", "menu", service=None),
        stepped("c1", "chosen", second=3),
        stepped("c1", "trying", second=3, trunk=1, elapsed_ms=0),
        stepped("c1", "failed", second=4, trunk=1, status="BUSY", elapsed_ms=900),
        stepped("c1", "trying", second=4, trunk=2, reason="trunks-failed", elapsed_ms=950),
        stepped("c1", "answered", second=6, trunk=2, elapsed_ms=2950),
    ]
    await writing.journal.append(steps[:3], policy_version="1")
    await writing.journal.append([*steps[3:], stepped("c2", "told", second=60)], policy_version="1")
    page = await writing.book.linkages()
    assert [linkage.call for linkage in page.items] == ["c2", "c1"]
    first = await writing.book.linkage(CallId("c1"))
    assert first is not None
    assert first.steps == tuple(steps)
    assert (first.service, first.reason, first.linked) == (Service.FIRE, "key", True)
    assert (first.trunk, first.elapsed_ms, first.phase) == (2, 2950, "answered")
    assert not page.items[0].linked
    later = await writing.book.linkages(start=START + dt.timedelta(seconds=30))
    assert [linkage.call for linkage in later.items] == ["c2"]
    assert await writing.book.linkage(CallId("c9")) is None
