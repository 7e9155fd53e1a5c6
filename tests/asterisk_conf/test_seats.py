"""What Asterisk is told when seats sit elsewhere on the network, and what stays as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf.errors import BadPlan
from asterisk_conf.plan import ExchangePlan, Seats
from asterisk_conf.render import render
from tests.asterisk_conf.plans import a_plan
from tests.asterisk_conf.test_render import section

SEATS = Seats("192.168.1.5", Path("/data/asterisk/etc/seats.pem"), ("192.168.1.0/24",))


def elsewhere(seats: Seats = SEATS) -> ExchangePlan:
    return replace(a_plan(), seats=seats)


def test_browsers_get_tls_and_nothing_but_tls() -> None:
    texts = render(elsewhere())
    assert "enabled = no\n" in texts["http.conf"]
    assert "tlsbindaddr = 192.168.1.5:8088\n" in texts["http.conf"]
    assert not re.search(r"^bindaddr", texts["http.conf"], re.MULTILINE)
    assert "protocol = wss\n" in section(texts["pjsip.conf"], "ws")


def test_citizens_and_the_centre_stay_where_they_were() -> None:
    texts = render(elsewhere())
    assert "bind = 127.0.0.1:5060\n" in section(texts["pjsip.conf"], "udp")
    assert "bind = 192.168.1.5:5060\n" in section(texts["pjsip.conf"], "udp-seats")
    assert "media_address = 127.0.0.1\n" in texts["pjsip.conf"]
    assert "transport = udp\n" in texts["pjsip.conf"].split("[carrier](line)")[1]


def test_where_the_trunk_comes_to_the_same_address_one_transport_serves_both() -> None:
    texts = render(replace(elsewhere(), bind_address="192.168.1.5", media_address="192.168.1.5"))
    assert "udp-seats" not in texts["pjsip.conf"]


def test_seats_speak_from_their_networks_alone() -> None:
    seat = render(elsewhere())["pjsip.conf"].split("[seat](!,line)")[1].split("\n[")[0]
    assert "deny = 0.0.0.0/0\ndeny = ::/0\npermit = 192.168.1.0/24\n" in seat
    assert "media_address = 192.168.1.5\n" in seat


def test_the_manager_interface_never_leaves_this_machine() -> None:
    for plan in (elsewhere(), replace(elsewhere(), bind_address="192.168.1.5")):
        manager = render(plan)["manager.conf"]
        assert "bindaddr = 127.0.0.1\n" in manager
        assert "192.168" not in manager


def test_an_ipv6_address_stands_in_brackets_before_its_port() -> None:
    texts = render(elsewhere(replace(SEATS, address="fd00::5", networks=("fd00::/64",))))
    assert "tlsbindaddr = [fd00::5]:8088\n" in texts["http.conf"]
    assert "bind = [fd00::5]:5060\n" in texts["pjsip.conf"]
    assert "media_address = fd00::5\n" in texts["pjsip.conf"]


@pytest.mark.parametrize(
    "seats",
    [
        replace(SEATS, networks=()),
        replace(SEATS, networks=("everywhere",)),
        replace(SEATS, address="hotline.lan"),
        replace(SEATS, certificate=Path("seats.pem")),
    ],
)
def test_a_seat_without_an_address_a_network_or_a_certificate_is_refused(seats: Seats) -> None:
    with pytest.raises(BadPlan):
        render(elsewhere(seats))
