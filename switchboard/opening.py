"""The data of an installation for a command of its own: its ledger, packs and city."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass

from hotline.policy import ZONE, Policy
from ledger.store import Ledger, open_ledger
from switchboard import policies
from switchboard.clock import utc_now
from switchboard.policies import Packs
from switchboard.refusals import Refusal
from switchboard.secrets_file import load_secrets
from switchboard.settings import Settings
from switchboard.site import load_site
from switchboard.versions import CODE_VERSION


class NoDatabase(Refusal):
    """One Chinese sentence: nothing was ever started here."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works on."""

    ledger: Ledger
    packs: Packs
    city: str

    def rule(self, at: dt.datetime) -> Policy:
        """The policy in force at a moment."""
        return self.packs.policy(self.city, at.astimezone(ZONE).date())


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Opened]:
    """Open DATA, beside a running system or alone. Raises NoDatabase and what opening raises."""
    site = load_site(settings.site_file)
    if not site.database.url and not settings.database_file.exists():
        raise NoDatabase(f"{settings.data} 还没有数据库：请先运行 ./jiesu up。")
    try:
        city = (settings.data / "city").read_text("utf-8").strip()
    except FileNotFoundError:
        raise NoDatabase(f"{settings.data} 里没有写明城市：请先运行 ./jiesu up。") from None
    async with open_ledger(
        settings.database_url(site.database.url),
        field_key=load_secrets(settings.secrets_file).field_key,
        clock=utc_now,
        code_version=CODE_VERSION,
        city=city,
    ) as ledger:
        yield Opened(ledger, policies.load(settings.data), city)
