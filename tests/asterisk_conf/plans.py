"""Plans for tests: fixed ports, folders and secrets, so that what is rendered can be compared."""

from __future__ import annotations

from pathlib import Path

from asterisk_conf.plan import (
    Agent,
    AmiUser,
    EmergencyTrunk,
    ExchangePlan,
    InboundTrunk,
    OutboundTrunk,
    Places,
    Ports,
    StageActions,
)

CITIES = ("zhaoqing", "guangyuan", "zhongshan", "hebei", "guizhou")
NUMBERS = {"hebei": "961890"}
# Guizhou's measure says transfer at once; the others leave it open or leave a choice.
ACTIONS = {"guizhou": StageActions("transfer", "transfer", "transfer")}


def a_plan(city: str = "zhaoqing") -> ExchangePlan:
    """The demonstration of a city, on ports that are never opened."""
    return ExchangePlan(
        city=city,
        places=Places(Path("/data/asterisk"), Path("/tree/modules"), Path("/tree/data")),
        ports=Ports(sip=5060, ami=5038, web=8088, rtp_first=20000, rtp_last=20399),
        ami_users=(AmiUser("jiesu", "ami-secret"),),
        access_numbers=(NUMBERS.get(city, "12345"),),
        inbound=InboundTrunk(("127.0.0.2",), max_calls=60),
        emergency=(EmergencyTrunk("127.0.0.3", 5110), EmergencyTrunk("127.0.0.3", 5120)),
        agents=(
            Agent("1001", "agent 1001", "sip-1", "web-1"),
            Agent("1002", "agent 1002", "sip-2", "web-2"),
        ),
        outbound=OutboundTrunk("127.0.0.2", 5130, NUMBERS.get(city, "12345")),
        actions=ACTIONS.get(city, StageActions()),
        rating=city == "hebei",
    )
