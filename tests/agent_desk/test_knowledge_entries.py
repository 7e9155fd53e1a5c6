"""The address to which units bring their knowledge: a token opens it, no page of others does."""

from __future__ import annotations

import pytest

from tests.agent_desk.fakes import Town
from tests.agent_desk.visits import Visit

pytestmark = [pytest.mark.anyio, pytest.mark.clause("HB-10(四)")]
ADDRESS = "/api/knowledge/entries"
BODY = {"external": "A-1", "entry": {"title": "补卡", "words": "去网点", "unit": "人社局"}}


async def test_a_unit_brings_an_entry_with_its_token_and_needs_no_page(
    stranger: Visit, town: Town
) -> None:
    headers = {"authorization": f"Bearer {town.knowledge.door.token}"}
    made = await stranger.client.post(ADDRESS, json=BODY, headers=headers)
    assert (made.status_code, made.json()) == (
        201,
        {"article": "u-1", "version": 1, "change": "new"},
    )
    again = await stranger.client.post(ADDRESS, json=BODY, headers=headers)
    assert (again.status_code, again.json()["change"]) == (200, "same")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer short", "Bearer another-token-of-them"])
async def test_without_its_token_nothing_is_taken(stranger: Visit, town: Town, header: str) -> None:
    answer = await stranger.client.post(ADDRESS, json=BODY, headers={"authorization": header})
    assert (answer.status_code, town.knowledge.door.entries) == (403, {})


async def test_what_is_too_large_or_has_other_fields_is_refused(
    stranger: Visit, town: Town
) -> None:
    headers = {"authorization": f"Bearer {town.knowledge.door.token}"}
    large = {**BODY, "entry": {"title": "x" * 300_000}}
    for body, status in ((large, 413), ({**BODY, "more": 1}, 422), ({"entry": {}}, 422)):
        answer = await stranger.client.post(ADDRESS, json=body, headers=headers)
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    assert town.knowledge.door.entries == {}
