"""What a person does on a UOS or 麒麟 seat so that the browser trusts us: certutil into NSS."""

from __future__ import annotations

import subprocess
from pathlib import Path

from asterisk_conf.debian import default_cache, find_tool
from switchboard.terminal import progress


def trust(store: Path, ca: Path) -> None:
    """Put a CA into a certificate store, a new one where there is none. The command is the one of
    docs/lan-seats.md and of the page /trust."""
    tool = find_tool("certutil", default_cache(), progress)
    assert tool is not None
    store.mkdir(parents=True, exist_ok=True)
    for arguments in (
        ("-N", "--empty-password"),
        ("-A", "-t", "C,,", "-n", "jiesu", "-i", str(ca)),
    ):
        subprocess.run(
            [*tool.command, "-d", f"sql:{store}", *arguments],
            env=tool.full_env(),
            check=True,
            capture_output=True,
            timeout=60,
        )
