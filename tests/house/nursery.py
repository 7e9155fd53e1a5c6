"""Runs tests in a copy of the tree, each run a child of one process that has the libraries loaded.

Loading the libraries takes longer than most of the tests a fault is planted for. Of the project
itself nothing is loaded here: a child finds the copy as the fault has left it.

Reads one JSON array of pytest's arguments per line, answers with one line: pytest's exit code, and
-14 for a child that took too long.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
from pathlib import Path

LIBRARIES = (
    *("pytest", "xdist.scheduler", "hypothesis", "anyio", "httpx", "fastapi", "jinja2"),
    *("sqlalchemy.ext.asyncio", "sqlalchemy.dialects.sqlite.aiosqlite", "alembic.command"),
    *("argon2", "cryptography.x509", "typer", "uvicorn", "websockets", "pypinyin", "tantivy"),
)
TOO_LONG_SECONDS = 300
# Plain asserts: what pytest would say of a failure is read by nobody, that it failed is enough.
ALWAYS = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist")


def main() -> None:
    for library in LIBRARIES:
        importlib.import_module(library)
    told = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line), told)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def become(arguments: list[str], told: Path) -> None:
    """In the child: everything said goes to the file ``told``."""
    signal.alarm(TOO_LONG_SECONDS)
    with told.open("w", encoding="utf-8") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    import pytest

    sys.exit(pytest.main([*ALWAYS, *arguments]))


if __name__ == "__main__":
    main()
