"""What the house tests look at: the files of the tree, as git would ship them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("hotline", "ivr", "asterisk_conf", "kb_search", "ledger", "agent_desk", "switchboard")


@cache
def shipped_files() -> tuple[Path, ...]:
    """Every file that is or would be committed; a copy of the tree without git is read whole."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        unshipped = {".git", ".venv", "node_modules", "data", "__pycache__", ".hypothesis"}
        paths = [
            path
            for path in ROOT.rglob("*")
            if not unshipped & set(path.relative_to(ROOT).parts)
            and not path.relative_to(ROOT).parts[0].endswith("_cache")
        ]
    return tuple(sorted(path for path in paths if path.is_file()))


@cache
def texts() -> dict[Path, str]:
    """The shipped files that are text, by path."""
    found = {}
    for path in shipped_files():
        content = path.read_bytes()
        if b"\0" not in content[:4096]:
            found[path] = content.decode("utf-8", "replace")
    return found


@cache
def room_modules() -> dict[Path, ast.Module]:
    """Every Python module of the rooms, parsed."""
    return {
        path: ast.parse(content)
        for path, content in texts().items()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ROOMS
    }


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
