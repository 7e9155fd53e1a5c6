"""The trunks where a carrier wants us to register: a second Asterisk is that carrier."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf.plan import ExchangePlan, Registration
from switchboard.doctor.checks import CHECKS
from switchboard.doctor.command import findings
from switchboard.doctor.finding import Finding, State
from switchboard.processes import process
from switchboard.running import State as Running
from switchboard.running import make_private, write_state
from switchboard.secrets_file import ensure_secrets
from switchboard.settings import ROOT, Settings
from tests.telephony.exchange_kit import AMI_USER, RunningExchange, running_exchange
from tests.walks.system_kit import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]

TRUNKS = [check for check in CHECKS if check.name == "trunks"]
SITE = """\
[inbound]
mode = "registration"
server = "127.0.0.1"
username = "1001"
password = "whatever"
"""


@pytest.fixture
async def carrier(tmp_path: Path) -> AsyncIterator[RunningExchange]:
    """Knows one customer: 1001, whose password is sip-1001."""
    async with running_exchange(tmp_path / "carrier", agents=("1001",)) as one:
        yield one


def registering(carrier: RunningExchange, password: str) -> Callable[[ExchangePlan], ExchangePlan]:
    line = Registration("127.0.0.1", carrier.plan.ports.sip, "1001", password, expires=60)
    return lambda plan: replace(plan, inbound=replace(plan.inbound, registration=line))


@asynccontextmanager
async def hotline(
    tmp_path: Path, carrier: RunningExchange, password: str
) -> AsyncIterator[Settings]:
    """An exchange of ours that registers, both trunks of the centre answering, and its DATA."""
    change = registering(carrier, password)
    async with (
        running_exchange(tmp_path / "ours", change=change) as exchange,
        exchange.centre(1),
        exchange.centre(2),
    ):
        settings = Settings(root=ROOT, data=tmp_path / "data", cache=tmp_path)
        make_private(settings.run)
        settings.site_file.write_text(SITE)
        ensure_secrets(settings.secrets_file, ())
        secrets = json.loads(settings.secrets_file.read_text("utf-8"))
        settings.secrets_file.write_text(json.dumps({**secrets, "ami": AMI_USER.secret}))
        ours = process(os.getpid())
        assert ours is not None
        write_state(settings.run, Running(foreman=ours, places={"ami_port": exchange.ami[1]}))
        yield settings


async def becomes(settings: Settings, state: State, *words: str) -> None:
    async def look() -> Finding | None:
        [(_, found)] = await findings(settings, TRUNKS)
        return found if found.state is state and all(w in found.found for w in words) else None

    await eventually(look, 20.0, f"the trunks are {state}: {words}", 0.3)


async def test_a_carrier_that_knows_us_is_well(tmp_path: Path, carrier: RunningExchange) -> None:
    async with hotline(tmp_path, carrier, "sip-1001") as settings:
        await becomes(settings, State.OK, "向 127.0.0.1 注册，已注册", "两条中继可达")


async def test_a_carrier_that_refuses_us_is_a_warning(
    tmp_path: Path, carrier: RunningExchange
) -> None:
    async with hotline(tmp_path, carrier, "not-this") as settings:
        await becomes(settings, State.WARN, "没有注册上")
