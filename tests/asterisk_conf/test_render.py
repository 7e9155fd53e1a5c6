"""What Asterisk is told: the same for every city but for what the city decides."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf.errors import BadPlan
from asterisk_conf.modules import MODULES
from asterisk_conf.plan import EmergencyTrunk, MenuKey, Nat, OutboundTrunk, Registration
from asterisk_conf.prompts import PROMPTS
from asterisk_conf.render import render
from tests.asterisk_conf.plans import CITIES, a_plan

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "asterisk_conf"


def as_one_text(city: str) -> str:
    texts = render(a_plan(city))
    return "".join(f"######## {name}\n{text}\n" for name, text in texts.items() if text)


@pytest.mark.parametrize("city", CITIES)
def test_the_files_of_a_city_are_as_recorded(city: str) -> None:
    """`JIESU_SNAPSHOTS=write` records them anew: look at the difference before you commit it."""
    path = SNAPSHOTS / f"{city}.conf"
    if os.environ.get("JIESU_SNAPSHOTS") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_one_text(city), "utf-8")
    assert as_one_text(city) == path.read_text("utf-8")


@pytest.mark.parametrize("city", CITIES)
def test_the_four_keys_reach_the_four_numbers_in_every_city(city: str) -> None:
    dialplan = render(a_plan(city))["extensions.conf"]
    menu = section(dialplan, "emergency-menu")
    for key, number in (("1", "110"), ("2", "119"), ("3", "120"), ("4", "122")):
        rung = menu[menu.index(f"exten => {key},1,") :].split("exten =>", 2)[1]
        assert f"/sip:{number}@" in rung
        assert f"Goto(emergency,{number},fell)" in rung
        assert re.search(rf"^exten => {number},1,", section(dialplan, "emergency"), re.MULTILINE)


def section(text: str, name: str) -> str:
    """The lines of one context."""
    found = re.search(rf"^\[{re.escape(name)}\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def test_hebei_is_dialled_by_its_own_number() -> None:
    dialplan = render(a_plan("hebei"))["extensions.conf"]
    assert "exten => 961890,1," in section(dialplan, "from-trunk")
    assert "12345" not in section(dialplan, "from-trunk")


def test_no_context_takes_any_number_at_all() -> None:
    for city in CITIES:
        dialplan = render(a_plan(city))["extensions.conf"]
        assert not re.search(r"^exten => _", dialplan, re.MULTILINE)


def test_what_is_dialled_outside_is_an_emergency_number_on_an_emergency_trunk() -> None:
    dialplan = render(a_plan())["extensions.conf"]
    lines = [line for line in dialplan.splitlines() if re.search(r"\bDial\(", line)]
    outside = [line for line in lines if "emergency-" in line.split("Dial(", 1)[1].split("/sip")[0]]
    inside = [line for line in lines if line not in outside]
    assert outside
    for line in outside:
        assert re.search(
            r"Dial\(PJSIP/emergency-(2|\$\{HOTLINE_RUNG\}|1)/sip:(110|119|120|122)@"
            r"\$\{TRUNK_(2|1|\$\{HOTLINE_RUNG\})\}\?X-Hotline-Call=",
            line,
        )
    assert "TRUNK_1 = 127.0.0.3:5110\nTRUNK_2 = 127.0.0.3:5120\n" in dialplan
    citizens = [line for line in inside if "PJSIP/carrier/" in line]
    for line in citizens:
        assert "/sip:${RETURN_TO}@127.0.0.2:5130," in line
        assert line in section(dialplan, "return-call-dials")
    for line in inside:
        assert line in citizens or re.search(r"Dial\(\$\{(SEAT_DIAL|MEMBERINTERFACE)\}", line)


def test_a_citizen_is_dialled_only_after_his_number_was_looked_at_and_by_nobody_elses_wish() -> (
    None
):
    """The one door to the citizens' Dial stands behind the shape of the number; no telephone and
    no trunk has a way to it."""
    dialplan = render(a_plan())["extensions.conf"]
    assert "${REGEX(" in section(dialplan, "return-call-begins")
    doors = re.findall(r"^.*return-call-dials,s,1.*$", dialplan, re.MULTILINE)
    assert [door in section(dialplan, "return-call-begins") for door in doors] == [True]
    begins = re.findall(r"^.*return-call-begins,s,1.*$", dialplan, re.MULTILINE)
    assert all(line in section(dialplan, "return-call") for line in begins)
    for name in ("from-trunk", "from-agent", "agent-transfers", "hotline-queue-keys"):
        assert "return-call" not in section(dialplan, name)
    assert "context = return-call" not in "".join(render(a_plan()).values())


def test_without_a_line_out_nobody_is_called_back() -> None:
    dialplan = render(replace(a_plan(), outbound=None))["extensions.conf"]
    assert "PJSIP/carrier/" not in dialplan


def test_the_number_before_the_citizens_is_the_sites_own() -> None:
    out = OutboundTrunk("10.0.0.9", 5062, "12345", prefix="9")
    dialplan = render(replace(a_plan(), outbound=out))["extensions.conf"]
    assert "PJSIP/carrier/sip:9${RETURN_TO}@10.0.0.9:5062," in dialplan
    for bad in (replace(out, prefix="9;"), replace(out, host="a b"), replace(out, caller_id="x")):
        with pytest.raises(BadPlan):
            render(replace(a_plan(), outbound=bad))


def test_every_context_that_is_gone_to_exists() -> None:
    dialplan = render(a_plan())["extensions.conf"]
    contexts = set(re.findall(r"^\[([a-z-]+)\]", dialplan, re.MULTILINE))
    wanted = set(re.findall(r"(?:Goto|Gosub)\(([a-z-]{3,}),", dialplan))
    wanted |= set(re.findall(r"U\(([a-z-]+)", dialplan))
    wanted |= set(re.findall(r"context = ([a-z-]+)", render(a_plan())["queues.conf"]))
    wanted |= set(re.findall(r"context = ([a-z-]+)", render(a_plan())["pjsip.conf"]))
    assert wanted <= contexts


def test_every_prompt_that_is_played_has_its_words() -> None:
    texts = render(a_plan())
    played = set(re.findall(r"jiesu/([a-z0-9-]+)", texts["extensions.conf"] + texts["queues.conf"]))
    built = {"sorry-", "confirm-", "${HOTLINE_NEXT}"}
    for name in played:
        known = name in PROMPTS or any(prompt.startswith(name) for prompt in PROMPTS)
        assert known or name in built, name


def test_every_application_of_the_dialplan_has_its_module_loaded() -> None:
    applications = {
        "Background": "", "Goto": "", "GotoIf": "", "Set": "", "MSet": "", "Answer": "",
        "Hangup": "", "WaitExten": "",
        "Dial": "app_dial", "Queue": "app_queue", "QueueLog": "app_queue",
        "PauseQueueMember": "app_queue", "UnpauseQueueMember": "app_queue",
        "UserEvent": "app_userevent", "Playback": "app_playback", "ExecIf": "app_exec",
        "Gosub": "app_stack", "Return": "app_stack", "StackPop": "app_stack",
        "MixMonitor": "app_mixmonitor",
    }  # fmt: skip
    dialplan = render(a_plan())["extensions.conf"]
    used = set(re.findall(r"(?:,1,|n(?:\([a-z]+\))?,)([A-Z][A-Za-z]+)\(", dialplan))
    assert used <= set(applications)
    assert {applications[name] for name in used} - {""} <= set(MODULES)


def test_nothing_that_reaches_a_shell_is_loaded() -> None:
    for name in ("app_system", "func_shell", "res_agi", "res_ari", "func_curl", "res_curl",
                 "app_externalivr", "pbx_spool", "cli_aliases", "res_clioriginate"):  # fmt: skip
        assert name not in MODULES


def test_the_manager_interface_is_local_and_has_no_dangerous_right() -> None:
    text = render(a_plan())["manager.conf"]
    assert "bindaddr = 127.0.0.1" in text
    (write,) = re.findall(r"^write = (.*)$", text, re.MULTILINE)
    assert not {"system", "command", "config", "all"} & set(write.split(","))


def test_a_city_with_a_menu_has_its_keys_and_nine_stays_the_emergency_key() -> None:
    plan = replace(a_plan(), menu=(MenuKey("1", "housing"), MenuKey("2", "social-security")))
    greeting = section(render(plan)["extensions.conf"], "hotline-greeting")
    assert "exten => 1,1,Set(__HOTLINE_TOPIC=housing)" in greeting
    assert "exten => 9,1,Goto(emergency-menu,s,1)" in greeting
    assert "jiesu/menu" not in section(render(a_plan())["extensions.conf"], "hotline-greeting")


def test_a_carrier_with_registration_over_tcp_behind_an_address_translation() -> None:
    plan = replace(
        a_plan(),
        inbound=replace(
            a_plan().inbound,
            hosts=("203.0.113.5",),
            transport="tcp",
            registration=Registration("sip.example", 5060, "u12345", "p;".replace(";", "!")),
        ),
        emergency=(
            EmergencyTrunk("198.51.100.7", 5060, transport="tcp"),
            EmergencyTrunk("198.51.100.8", 5060, username="jiesu", password="secret"),
        ),
        nat=Nat("203.0.113.9", ("10.0.0.0/8",)),
    )
    texts = render(plan)
    assert "[tcp]" in texts["pjsip.conf"]
    assert "external_media_address = 203.0.113.9" in texts["pjsip.conf"]
    assert r"server_uri = sip:sip.example:5060\;transport=tcp" in texts["pjsip.conf"]
    assert "TRUNK_1 = 198.51.100.7:5060\\;transport=tcp\n" in texts["extensions.conf"]
    assert not re.search(r"[^\\];transport", texts["pjsip.conf"] + texts["extensions.conf"])
