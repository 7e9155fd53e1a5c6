"""The browser's files keep to the server's contract: words, acts, lists and codes are the same.

These read the JavaScript as text; what it does is tested in a browser (tests/browser).
"""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import pytest

from agent_desk import wire
from agent_desk.pages import STATIC
from agent_desk.ports import CALL_LISTS, WINDOWS
from hotline.words import KEYS, AgentState, EmergencyPhase, Outcome, Service

JS = {path.stem: path.read_text("utf-8") for path in sorted((STATIC / "js").glob("*.js"))}
VENDOR = STATIC / "vendor" / "jssip.js"
TEMPLATES = STATIC.parent / "templates"


def keys_of(module: str, name: str) -> set[str]:
    """The keys of ``const name = { … };`` in a module."""
    found = re.search(rf"const {name} = \{{(.*?)\n?\}};", JS[module], re.DOTALL)
    assert found, f"{name} not in {module}.js"
    return set(re.findall(r"(?:^|[{,\n])\s*'?([\w-]+)'?\s*:", found[1]))


def test_every_message_of_the_server_is_taken_somewhere() -> None:
    names = ("desk", "desk-state", "socket", "board", "notices-view", "urgent-view")
    takers = "".join(JS[name] for name in names)
    taken = set(re.findall(r"case '([\w-]+)'", takers))
    taken |= set(re.findall(r"type [!=]== '([\w-]+)'", takers))
    assert taken >= {message.type for message in get_args(wire.ToBrowser)}


def test_the_desk_asks_only_for_acts_the_server_knows() -> None:
    asked = set(re.findall(r"\.act\(\s*'(\w+)'", JS["desk"]))
    asked |= set(re.findall(r"\? '(\w+)' : '(\w+)'\);", JS["desk"])[0])
    assert asked <= set(get_args(wire.ActName))
    assert {"hand_over", "pause", "ready", "leave", "help"} <= asked


def test_every_state_outcome_and_phase_has_its_word() -> None:
    assert keys_of("words", "STATES") == {state.value for state in AgentState}
    assert keys_of("words", "STATE_MARK") == {state.value for state in AgentState}
    assert keys_of("words", "OUTCOMES") == {outcome.value for outcome in Outcome}
    assert keys_of("words", "PHASES") == set(get_args(EmergencyPhase))
    assert keys_of("words", "HEADLINES") == set(get_args(EmergencyPhase))
    why = get_args(get_type_hints(wire.PopWithdrawn)["why"])
    assert keys_of("words", "WITHDRAWN") == set(why)


def test_f9_and_a_digit_mean_what_9_and_a_digit_mean_to_a_caller() -> None:
    said = dict(re.findall(r"(\d): '(\d{3})'", JS["keys"]))
    assert said == {key: service.value for key, service in KEYS.items()}
    assert keys_of("words", "SERVICES") == {service.value for service in Service}


def test_the_numbers_of_the_board_open_lists_that_exist() -> None:
    opened = re.findall(r"callsOf\('([\w-]+)'(?:, '(\w+)')?\)", JS["board-model"])
    assert len(opened) >= 6
    assert {which for which, _ in opened} <= set(CALL_LISTS)
    assert {window for _, window in opened if window} <= set(WINDOWS)


def test_the_browser_knows_the_codes_a_socket_is_closed_with_for_good() -> None:
    codes = {int(code) for code in re.findall(r"(\d{4}): '", JS["socket"])}
    assert codes == {wire.CLOSE_ELSEWHERE, wire.CLOSE_LOGGED_OUT}


@pytest.mark.parametrize("module", sorted(JS))
def test_a_module_needs_no_rights_that_the_policy_refuses(module: str) -> None:
    text = JS[module]
    for word in ("insertAdjacentHTML", "document.write", "eval("):
        assert word not in text, f"{module}.js: {word}"
    assert not re.search(r"\.(?:inner|outer)HTML\s*=(?!=)", text)
    assert "new Function" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert len(text.splitlines()) <= 400


def test_the_telephone_library_needs_no_eval_either_and_brings_its_licences() -> None:
    text = VENDOR.read_text("utf-8")
    assert "new Function" not in text
    assert "eval(" not in text
    licences = (VENDOR.parent / "jssip.LICENSE.txt").read_text("utf-8")
    for name in ("jssip 3.13.8", "debug", "events", "ms", "sdp-transform"):
        assert name in licences


def test_no_page_of_desk_or_board_has_inline_script_or_style() -> None:
    for path in (*TEMPLATES.glob("desk*.j2"), *TEMPLATES.glob("board*.j2")):
        text = path.read_text("utf-8")
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", text), path.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path.name
