"""Nothing enters a configuration file that could be more than the value it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_conf.errors import BadPlan
from asterisk_conf.plan import (
    Agent,
    AmiUser,
    EmergencyTrunk,
    ExchangePlan,
    InboundTrunk,
    MenuKey,
    Nat,
    Ports,
    Timing,
    check,
)
from asterisk_conf.render import render
from tests.asterisk_conf.plans import CITIES, a_plan

Broken = Callable[[ExchangePlan, str], ExchangePlan]


def in_agent_name(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, agents=(Agent("1001", text, "a", "b"),))


def in_agent_number(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, agents=(Agent(text, "name", "a", "b"),))


def in_sip_secret(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, agents=(Agent("1001", "name", text, "b"),))


def in_ami_secret(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, ami_users=(AmiUser("jiesu", text),))


def in_access_number(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, access_numbers=(text,))


def in_trunk_host(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, emergency=(EmergencyTrunk(text, 5060), plan.emergency[1]))


def in_carrier_address(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, inbound=InboundTrunk((text,)))


def in_folder(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, places=replace(plan.places, run=Path("/data") / text))


def in_topic(plan: ExchangePlan, text: str) -> ExchangePlan:
    return replace(plan, menu=(MenuKey("1", text),))


EVERYWHERE: tuple[Broken, ...] = (
    in_agent_name, in_agent_number, in_sip_secret, in_ami_secret, in_access_number, in_trunk_host,
    in_carrier_address, in_folder, in_topic,
)  # fmt: skip
GOOD: dict[Broken, str] = {in_carrier_address: "127.0.0.2"}


@pytest.mark.parametrize("place", EVERYWHERE)
@pytest.mark.parametrize("sign", ["\n", "\r", ";", "\x00", " ;", "${SHELL(id)}\n", "]\n[x]"])
def test_no_value_can_begin_a_line_a_comment_or_a_section(place: Broken, sign: str) -> None:
    with pytest.raises(BadPlan):
        render(place(a_plan(), f"x{sign}y"))


@settings(deadline=None, max_examples=150)
@given(place=st.sampled_from(EVERYWHERE), text=st.text(min_size=1, max_size=20))
def test_what_is_accepted_adds_no_line_anywhere(place: Broken, text: str) -> None:
    try:
        rendered = render(place(one_agent(), text))
    except BadPlan:
        return
    plain = render(place(one_agent(), GOOD.get(place, "1001")))
    for name, value in rendered.items():
        assert len(value.splitlines()) == len(plain[name].splitlines())


def one_agent() -> ExchangePlan:
    return replace(a_plan(), agents=a_plan().agents[:1])


def test_a_secret_is_not_repeated_in_the_complaint_nor_shown() -> None:
    plan = in_sip_secret(a_plan(), "not;this")
    with pytest.raises(BadPlan) as refused:
        check(plan)
    assert "not;this" not in str(refused.value)
    assert "sip-1" not in repr(a_plan())
    assert "ami-secret" not in repr(a_plan())


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (replace(a_plan(), access_numbers=()), "access_numbers"),
        (replace(a_plan(), inbound=InboundTrunk(())), "inbound.hosts"),
        (replace(a_plan(), inbound=InboundTrunk(("127.0.0.2",), codecs=("gsm",))), "codecs"),
        (replace(a_plan(), inbound=InboundTrunk(("127.0.0.2",), codecs=())), "codecs"),
        (replace(a_plan(), inbound=InboundTrunk(("127.0.0.2",), dtmf="pulse")), "inbound.dtmf"),
        (replace(a_plan(), inbound=InboundTrunk(("127.0.0.2",), transport="ws")), "transport"),
        (replace(a_plan(), ports=Ports(5060, 5038, 5038, 20000, 20100)), "ports"),
        (replace(a_plan(), ports=Ports(5060, 5038, 8088, 20000, 20005)), "ports"),
        (replace(a_plan(), ports=Ports(0, 5038, 8088, 20000, 20100)), "ports"),
        (replace(a_plan(), agents=a_plan().agents * 2), "agents"),
        (in_agent_number(a_plan(), "119"), "agents"),
        (replace(a_plan(), menu=(MenuKey("9", "topic"),)), "menu.key"),
        (replace(a_plan(), menu=(MenuKey("1", "a"), MenuKey("1", "b"))), "menu"),
        (replace(a_plan(), ami_users=(AmiUser("x", "y", write=("command",)),)), "ami_users"),
        (replace(a_plan(), ami_users=(AmiUser("x", "y", write=("system",)),)), "ami_users"),
        (replace(a_plan(), bind_address="here"), "bind_address"),
        (replace(a_plan(), nat=Nat("here")), "bind_address"),
        (replace(a_plan(), timing=Timing(queue=1)), "timing"),
        (in_sip_secret(a_plan(), ">x"), "agents.sip_secret"),
    ],
)
def test_a_value_that_cannot_work_is_named(broken: ExchangePlan, field: str) -> None:
    with pytest.raises(BadPlan) as refused:
        check(broken)
    assert refused.value.field == field
    assert str(refused.value).startswith(f"交换机配置 {field}：")


@pytest.mark.parametrize("city", CITIES)
def test_the_demonstration_of_every_city_is_accepted(city: str) -> None:
    check(a_plan(city))
