"""ExchangePlan → the text of every configuration file. Pure: no clock, no disk but the templates.

`render(plan)` checks the plan first (`BadPlan`), so nothing unchecked meets a template; templates
are strict, so a name they do not know is an error here and not an empty setting there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import jinja2

from asterisk_conf.modules import MODULES
from asterisk_conf.plan import EMERGENCY_NUMBERS, EmergencyTrunk, ExchangePlan, check
from asterisk_conf.prompts import MUSIC

FILES: Final = (
    "asterisk.conf",
    "modules.conf",
    "extensions.conf",
    "pjsip.conf",
    "queues.conf",
    "manager.conf",
    "http.conf",
    "rtp.conf",
    "logger.conf",
    "cdr.conf",
    "cel.conf",
    "musiconhold.conf",
    "indications.conf",
    "features.conf",
)
# Read by Asterisk's core whether used or not: empty, so that it does not warn of their absence.
EMPTY: Final = (
    "acl.conf",
    "ccss.conf",
    "codecs.conf",
    "pjproject.conf",
    "stasis.conf",
    "udptl.conf",
    "websocket_client.conf",
    "chan_websocket.conf",
    "cli.conf",
    "cli_permissions.conf",
    "cli_aliases.conf",
    "sorcery.conf",
    "res_pjsip.conf",
)
# Keys of the emergency menu, fixed for every city: 报警, 火警, 急救, 交通事故.
KEYS: Final = tuple(zip("1234", EMERGENCY_NUMBERS, strict=True))
# Events that nobody of ours reads: two thirds of what a call says.
NOISE: Final = ("Newexten", "VarSet", "RTCPSent", "RTCPReceived", "TestEvent")


@dataclass(frozen=True, slots=True)
class TrunkLine:
    """An emergency trunk as it is written: its name, `host:port` with its transport, and the id
    that Asterisk gives its contact (AOR, `@@`, MD5 of the URI: res_pjsip/location.c)."""

    name: str
    trunk: EmergencyTrunk
    place: str
    contact: str


def _line(number: int, trunk: EmergencyTrunk) -> TrunkLine:
    name = f"emergency-{number}"
    place = f"{trunk.host}:{trunk.port}" + (";transport=tcp" if trunk.transport == "tcp" else "")
    digest = hashlib.md5(f"sip:{place}".encode(), usedforsecurity=False).hexdigest()
    # A bare semicolon begins a comment in Asterisk's files.
    return TrunkLine(name, trunk, place.replace(";", "\\;"), f"{name}@@{digest}")


_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("asterisk_conf"),
    undefined=jinja2.StrictUndefined,
    # Not HTML: what may enter is decided by plan.check, not by escaping.
    autoescape=False,  # noqa: S701 - see above
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def bracketed(address: str) -> str:
    """An address as it stands before a port: [fd00::1]."""
    return f"[{address}]" if ":" in address else address


_TEMPLATES.filters["bracketed"] = bracketed


def render(plan: ExchangePlan) -> Mapping[str, str]:
    """File name → text, for `run`/etc. BadPlan when a value must not be written down."""
    check(plan)
    lines = (plan.inbound, *plan.emergency)
    names = {
        "plan": plan,
        "run": plan.places.run,
        "modules": MODULES,
        "trunks": [_line(number, one) for number, one in enumerate(plan.emergency, start=1)],
        "music": tuple(MUSIC),
        "numbers": EMERGENCY_NUMBERS,
        "keys": KEYS,
        "noise": NOISE,
        "seats_apart": plan.seats is not None and plan.seats.address != plan.bind_address,
        "uses_tcp": any(line.transport == "tcp" for line in lines),
    }
    texts = {name: _TEMPLATES.get_template(f"{name}.j2").render(names) for name in FILES}
    return {**texts, **dict.fromkeys(EMPTY, "")}
