"""DATA/secrets.json: passwords between our own parts, and the key of the encrypted columns.

Made at the first start, 0600, never changed afterwards but for agents that are new. Whoever loses
the field key loses every number and name in the database: it belongs into each backup's envelope.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotline.words import AgentId
from switchboard.refusals import Refusal


class BadSecrets(Refusal):
    """One Chinese sentence: secrets.json cannot be used, and what to do."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """``sip`` and ``web`` are the passwords of an agent's two telephones, by number."""

    ami: str = field(repr=False)
    field_key: bytes = field(repr=False)
    sip: Mapping[str, str] = field(repr=False)
    web: Mapping[str, str] = field(repr=False)


def load_secrets(path: Path) -> Secrets:
    """Read secrets.json. Raises BadSecrets where it is missing or damaged."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return Secrets(
            ami=str(content["ami"]),
            field_key=bytes.fromhex(content["field_key"]),
            sip=dict(content["sip"]),
            web=dict(content["web"]),
        )
    except FileNotFoundError:
        raise BadSecrets(f"没有 {path}：请先运行 ./jiesu up。") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSecrets(f"{path} 读不懂：请从备份恢复它，它含有数据库的字段密钥。") from error


def refuse_lost(path: Path, database: Path) -> None:
    """A new key beside an old database would open nothing of it. Raises BadSecrets."""
    if database.exists() and not path.exists():
        raise BadSecrets(
            f"{path.parent} 里有数据库而没有 secrets.json：请放回原来的 secrets.json"
            "（不带密钥的备份要自备），没有它，号码、诉求和附件读不出来。"
        )


def ensure_secrets(path: Path, agents: Iterable[AgentId]) -> Secrets:
    """Read or make secrets.json, with passwords for every agent."""
    known = load_secrets(path) if path.exists() else None
    sip = dict(known.sip) if known else {}
    web = dict(known.web) if known else {}
    for agent in agents:
        sip.setdefault(str(agent), secrets.token_urlsafe(18))
        web.setdefault(str(agent), secrets.token_urlsafe(18))
    made = Secrets(
        ami=known.ami if known else secrets.token_urlsafe(24),
        field_key=known.field_key if known else secrets.token_bytes(32),
        sip=sip,
        web=web,
    )
    if made != known:
        _write(path, made)
    return made


def _write(path: Path, made: Secrets) -> None:
    content = {
        "ami": made.ami,
        "field_key": made.field_key.hex(),
        "sip": dict(made.sip),
        "web": dict(made.web),
    }
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.chmod(0o600)
    draft.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    draft.replace(path)
