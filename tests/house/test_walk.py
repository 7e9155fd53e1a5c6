"""docs/walk.md is run: what stands there is what the code does."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT

WALK = ROOT / "docs" / "walk.md"
BLOCK = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(path: Path) -> doctest.DocTest:
    """Every block of a document as one test, each example with its own line."""
    content = path.read_text("utf-8")
    blank = ["" for _ in content.splitlines()]
    for block in BLOCK.finditer(content):
        first = content.count("\n", 0, block.start(1))
        blank[first : first + block[1].count("\n")] = block[1].splitlines()
    return doctest.DocTestParser().get_doctest("\n".join(blank), {}, path.name, str(path), 0)


def test_the_walk_of_one_call_is_as_the_document_tells_it() -> None:
    told: list[str] = []
    test = examples(WALK)
    assert len(test.examples) > 40
    failed, _ = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(test, out=told.append)
    if failed:
        pytest.fail("".join(told))
