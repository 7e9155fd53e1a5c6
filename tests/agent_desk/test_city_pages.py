"""五地对照: what two cities rule differently stands first, and what is silent is said so."""

from __future__ import annotations

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("role", [Role.AGENT, Role.OFFICER, Role.AUDITOR])
async def test_everybody_who_logs_in_may_compare_two_cities(stranger: Visit, role: Role) -> None:
    await stranger.log_in(PEOPLE[role])
    page = (await stranger.get("/cities")).text
    assert "共 3 项" in page
    assert page.index("不同 2 项") < page.index("7个工作日") < page.index("相同 1 项")
    assert page.index("相同 1 项") < page.index("几档")
    assert "本市办法未规定" in page
    assert "已查第三条" in page


async def test_the_cities_asked_for_stand_left_and_right(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get("/cities", a="west", b="east")).text
    assert page.index('<th scope="col">西市</th>') < page.index('<th scope="col">东市</th>')
    assert (await stranger.get("/cities", a="atlantis")).status_code == 422
