"""``./jiesu check``: ruff format, ruff, mypy --strict and lint-imports, side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from switchboard.settings import ROOT
from switchboard.terminal import fault, progress, tell

ROOMS = ("hotline", "ivr", "asterisk_conf", "kb_search", "ledger", "agent_desk", "switchboard")
TOO_LONG_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one tool judged the tree; ``output`` is the tool's own words."""

    tool: str
    passed: bool
    seconds: float
    output: str


def commands(root: Path) -> dict[str, list[str]]:
    """The four tools with their arguments, by the name people know them by."""
    scripts = Path(sys.executable).parent
    present = [room for room in ROOMS if (root / room / "__init__.py").exists()]
    checked = [*present, *(["tests"] if (root / "tests").exists() else [])]
    return {
        "mypy --strict": [sys.executable, "-m", "mypy", "--strict", *checked],
        "ruff format": [sys.executable, "-m", "ruff", "format", "--check", "."],
        "ruff check": [sys.executable, "-m", "ruff", "check", "--output-format=concise", "."],
        "lint-imports": [str(scripts / "lint-imports"), "--no-cache"],
    }


def run_checks(root: Path = ROOT) -> list[Verdict]:
    """Run all four, even when one fails; each verdict is told as it comes."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        tasks = [
            pool.submit(judge, tool, command, root) for tool, command in commands(root).items()
        ]
        return [task.result() for task in tasks]


def judge(tool: str, command: list[str], root: Path) -> Verdict:
    """Run one tool on the tree at ``root``."""
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1"}
    try:
        result = subprocess.run(
            command,
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TOO_LONG_SECONDS,
            check=False,
        )
        passed, output = result.returncode == 0, result.stdout + result.stderr
    except subprocess.TimeoutExpired:
        passed, output = False, f"no answer within {TOO_LONG_SECONDS} s"
    verdict = Verdict(tool, passed, time.monotonic() - began, output.strip())
    progress(f"  {'通过' if passed else '未通过'}  {tool}（{verdict.seconds:.1f} 秒）")
    return verdict


def command() -> int:
    """Check the tree; 0 when every tool is content."""
    progress("检查格式、写法、类型与房间之间的门：")
    verdicts = run_checks()
    for verdict in verdicts:
        if not verdict.passed:
            fault(f"\n── {verdict.tool} ──\n{verdict.output}")
    failed = [verdict.tool for verdict in verdicts if not verdict.passed]
    tell("检查全部通过。" if not failed else f"检查未通过：{'、'.join(failed)}。")
    return 1 if failed else 0
