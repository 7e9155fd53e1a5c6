"""A newcomer on a bare machine: clone, up, a call, Ctrl-C, and again without a network."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.install.fresh import READY, Clone, fresh_clone, up

pytestmark = pytest.mark.install

FIRST_START_SECONDS = 600.0
SECOND_START_SECONDS = 30.0
"""Five on a machine that does nothing else; here other tests run beside it."""


@pytest.fixture(scope="module")
def clone() -> Iterator[Clone]:
    with fresh_clone() as one:
        yield one


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found


def test_the_list_prints_under_lang_c_from_any_folder(clone: Clone) -> None:
    done = clone.run(timeout=FIRST_START_SECONDS)
    assert done.returncode == 0, done.stderr
    assert "./jiesu 命令 --help" in done.stdout
    assert "正在建立 Python 运行环境" in done.stderr


def test_up_takes_calls_and_ctrl_c_leaves_nothing(clone: Clone, port: int) -> None:
    with up(clone, port, FIRST_START_SECONDS) as (said, _):
        assert READY in said
        assert f"http://127.0.0.1:{port}" in said
        assert stat.S_IMODE(clone.data.stat().st_mode) == 0o700
        done = clone.run("call", "--keys", "9,2", "--hang-up-after", "12", "--json", timeout=90)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["connected_to"] == "119"
        assert Path(answer["recording"]).stat().st_size > 1000
    assert clone.processes() == []


def test_the_second_start_is_quick_and_needs_no_network(clone: Clone, port: int) -> None:
    nowhere = ("PIP_INDEX_URL", "http_proxy", "https_proxy", "npm_config_registry")
    clone.extra = dict.fromkeys(nowhere, "http://127.0.0.1:9")
    took = []
    for _ in range(2):
        with up(clone, port, 60) as (_said, seconds):
            took.append(seconds)
        assert clone.processes() == []
    assert min(took) <= SECOND_START_SECONDS, took
