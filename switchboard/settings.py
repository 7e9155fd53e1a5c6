"""Where things are. What the operator has set is in DATA/site.toml: see site.py."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.debian import default_cache

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders of one installation, all absolute.

    ``data`` belongs to one city and is backed up; ``cache`` holds what can be fetched again.
    """

    root: Path
    data: Path
    cache: Path

    @property
    def run(self) -> Path:
        """Pids, ports and addresses of the running system."""
        return self.data / "run"

    @property
    def log(self) -> Path:
        return self.data / "log"

    @property
    def site_file(self) -> Path:
        """What the operator set; read by `site.load_site`."""
        return self.data / "site.toml"

    @property
    def secrets_file(self) -> Path:
        """Passwords between our own parts and the field key (0600)."""
        return self.data / "secrets.json"

    @property
    def users_file(self) -> Path:
        """The demonstration's log-ins (0600)."""
        return self.data / "users.txt"

    @property
    def database_file(self) -> Path:
        return self.data / "jiesu.db"

    def database_url(self, configured: str) -> str:
        """Where the ledger is: what site.toml says, else the file in DATA."""
        return configured or f"sqlite+aiosqlite:///{self.database_file}"

    @property
    def asterisk(self) -> Path:
        """Asterisk's etc, var and log."""
        return self.data / "asterisk"

    @property
    def tls(self) -> Path:
        """Certificates for seats elsewhere on the network (0700)."""
        return self.data / "tls"

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"


def find_settings(data: Path | None = None) -> Settings:
    """The folders for this user: ``./data`` and ``~/.cache/jiesu``, or below /var/lib and
    /var/cache for root. ``data`` is what ``--data`` said.
    """
    if data is None:
        data = Path("/var/lib/jiesu") if os.geteuid() == 0 else ROOT / "data"
    return Settings(root=ROOT, data=data.expanduser().absolute(), cache=default_cache())
