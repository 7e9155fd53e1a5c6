"""Which code this is: written beside every fact, so that a replay knows who decided."""

from __future__ import annotations

import tomllib
from typing import Final

from switchboard.settings import ROOT


def _project_version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


CODE_VERSION: Final = _project_version()
