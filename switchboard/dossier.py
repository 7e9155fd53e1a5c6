"""``./jiesu ticket dossier``: everything that is kept of one ticket in one file, for discipline
inspection (肇庆高新区 第十九条, 贵州 第二十三条): acts, returns, texts, supervision, who opened it,
and the rows of the audit book with their links, so that a change to file or book is found.
"""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any, Final

from hotline.errors import BadInput
from hotline.words import TicketId
from ledger.rows import canonical, to_json
from ledger.store import Ledger
from ledger.supervision import KeptMatter
from ledger.ticket_rows import full_number
from switchboard.opening import opened
from switchboard.settings import Settings

FORMAT: Final = "jiesu-dossier-1"
BY: Final = "command"


async def export(settings: Settings, number: str, to: Path | None) -> str:
    """Write the file (only its owner reads it) and say what is in it. Raises NoSuch, BadInput."""
    wanted = TicketId(full_number(number))
    path = to or Path(f"dossier-{wanted}.json")
    if path.exists():
        raise BadInput("to", f"{path} 已经有了，请换一个文件名")
    async with opened(settings) as here:
        body = await dossier(here.ledger, wanted)
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as failed:
        raise BadInput("to", f"写不了 {path}：{failed.strerror or failed}") from None
    counts = f"办理记录{len(body['facts'])}条，督办{len(body['supervision'])}件"
    return (
        f"{path}：{counts}，审计{len(body['audit'])}条。内有诉求人信息，只交给有权处理的机关。\n"
        f"核对：./jiesu ticket dossier-check {path}"
    )


async def dossier(ledger: Ledger, number: TicketId) -> dict[str, Any]:
    """The file as JSON data, its ``seal`` last. That it was made is in the audit book first."""
    stored = await ledger.tickets.load(number)
    await ledger.audit.record(BY, "ticket.dossier", f"ticket:{number}")
    seq, mac = await ledger.audit.head()
    body: dict[str, Any] = {
        "format": FORMAT,
        "ticket": to_json(stored.ticket),
        "category": stored.category,
        "confidential": stored.confidential,
        "texts": dict(stored.texts),
        "facts": [
            {"seq": one.seq, "type": type(one.fact).__name__, "fact": to_json(one.fact)}
            for one in await ledger.tickets.facts_of(number)
        ],
        "dues": [to_json(one) for one in await ledger.tickets.dues.of(number)],
        "supervision": [_matter(one) for one in await ledger.supervision.of_ticket(number)],
        "access": [to_json(one) for one in await ledger.access.of(number, limit=100_000)],
        "audit": await ledger.audit.links(f"ticket:{number}"),
        "audit_head": {"seq": seq, "mac": mac},
    }
    return {**body, "seal": ledger.audit.mark(canonical(body)).hex()}


def _matter(kept: KeptMatter) -> dict[str, Any]:
    return {
        "raised": to_json(kept.raised),
        "steps": to_json(kept.matter.steps),
        "texts": {str(number): dict(texts) for number, texts in kept.texts.items()},
    }


async def check(settings: Settings, path: Path) -> tuple[bool, str]:
    """Whether a file is as this system made it, and the audit book has not changed since."""
    body = read(path)
    async with opened(settings) as here:
        wrong = await flaws(here.ledger, body)
    if wrong:
        return False, "\n".join(wrong)
    rows = len(body["audit"])
    return True, f"{path}：与写出时一致，{rows}条审计记录逐条相符，审计链完整。"


def read(path: Path) -> dict[str, Any]:
    """The file. Raises BadInput with one sentence."""
    try:
        body = json.loads(path.read_text("utf-8"))
    except OSError as failed:
        raise BadInput("file", f"读不了 {path}：{failed.strerror or failed}") from None
    except ValueError:
        raise BadInput("file", f"{path} 不是案卷文件") from None
    whole = isinstance(body, dict) and {"format", "ticket", "audit", "seal"} <= body.keys()
    if not whole or body["format"] != FORMAT or not _readable(body):
        raise BadInput("file", f"{path} 不是案卷文件")
    return dict(body)


def _readable(body: dict[str, Any]) -> bool:
    rows, ticket = body["audit"], body["ticket"]
    told = isinstance(rows, list) and all(isinstance(one, dict) and "seq" in one for one in rows)
    return told and isinstance(ticket, dict) and "id" in ticket


async def flaws(ledger: Ledger, body: dict[str, Any]) -> list[str]:
    """What does not fit, in sentences; none: all is well."""
    found = []
    rest = {key: value for key, value in body.items() if key != "seal"}
    if not hmac.compare_digest(ledger.audit.mark(canonical(rest)).hex(), str(body["seal"])):
        found.append("文件的内容与写出时不一致：有人改过，或者是另一套系统写的。")
    found += [
        f"审计记录第{row['seq']}条与它的校验值不符。"
        for row in body["audit"]
        if not ledger.audit.fits(row)
    ]
    subject = f"ticket:{body['ticket']['id']}"
    now = {row["seq"]: row for row in await ledger.audit.links(subject)}
    gone = [row["seq"] for row in body["audit"] if now.get(row["seq"]) != row]
    if gone:
        found.append(f"台账里的审计记录与文件不同：第{'、'.join(map(str, gone))}条。")
    report = await ledger.audit.verify()
    if not report.intact:
        found.append(f"台账的审计链在第{report.broken_at}条断开。")
    return found
