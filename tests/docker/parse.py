"""Dockerfile, compose.yml and .dockerignore, read strictly: what is not understood is a fault."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house.tree import ROOT, shipped_files

KNOWN = frozenset(
    "FROM RUN WORKDIR COPY USER ENV VOLUME HEALTHCHECK STOPSIGNAL ENTRYPOINT CMD".split()
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile, its continued lines joined."""

    name: str
    text: str

    def json_list(self) -> list[str]:
        """The exec form: the last thing on the line."""
        found: list[str] = json.loads(self.text[self.text.index("[") :])
        return found


def instructions(text: str) -> list[Instruction]:
    """Every instruction; ValueError at a line that is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = []
    for line in joined.splitlines():
        name, _, rest = line.partition(" ")
        if name not in KNOWN or not rest.strip():
            raise ValueError(line)
        found.append(Instruction(name, re.sub(r"\s+", " ", rest).strip()))
    return found


@dataclass(frozen=True, slots=True)
class Image:
    """One image of ours."""

    name: str

    @property
    def steps(self) -> list[Instruction]:
        return instructions((ROOT / f"docker/{self.name}/Dockerfile").read_text("utf-8"))

    def all(self, name: str) -> list[Instruction]:
        return [step for step in self.steps if step.name == name]

    def only(self, name: str) -> Instruction:
        """The one instruction of that name."""
        (one,) = self.all(name)
        return one

    def copies(self) -> Iterator[tuple[str, str]]:
        """(source, place in the image) of everything copied, one file or folder each."""
        for step in self.all("COPY"):
            *sources, target = shlex.split(step.text)
            for source in sources:
                whole = len(sources) > 1 or target.endswith("/")
                folder = (ROOT / source).is_dir()
                yield source, f"{target}{Path(source).name}" if whole and not folder else target

    def packages(self) -> list[str]:
        """What apt-get installs."""
        text = " ".join(step.text for step in self.all("RUN"))
        found = re.findall(r"apt-get install -y --no-install-recommends ([a-z0-9 .+-]+?) &&", text)
        return " ".join(found).split()


def context() -> list[Path]:
    """The shipped files that .dockerignore lets into a build, by docker's rules: the last line
    that matches a path, or a folder above it, decides."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [path for path in shipped_files() if _let_in(str(path.relative_to(ROOT)), rules)]


def _let_in(path: str, rules: list[str]) -> bool:
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    let = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        loose = pattern.removeprefix("**/")
        names = parts if loose != pattern else above
        if any(fnmatch.fnmatchcase(name, loose) for name in names):
            let = rule.startswith("!")
    return let


# ---------------------------------------------------------------------------------------- compose


def compose(text: str) -> dict[str, Any]:
    """The subset of YAML that compose.yml keeps to: two blanks a level, maps, lists of scalars,
    flow lists in JSON's form. ValueError at anything else."""
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.rstrip()
        if not bare or bare.lstrip().startswith("#"):
            continue
        if "\t" in bare or " #" in bare:
            raise ValueError(f"line {number}: {line}")
        blanks = len(bare) - len(bare.lstrip())
        lines.append((blanks, bare.strip()))
    value, rest = _block(lines, 0)
    if rest or not isinstance(value, dict):
        raise ValueError(f"left over: {rest[:1]}")
    return value


Lines = list[tuple[int, str]]


def _block(lines: Lines, depth: int) -> tuple[Any, Lines]:
    if not lines or lines[0][0] < depth:
        return None, lines
    if lines[0][1].startswith("- "):
        items = []
        while lines and lines[0][0] == depth and lines[0][1].startswith("- "):
            items.append(_scalar(lines[0][1][2:]))
            lines = lines[1:]
        return items, lines
    found: dict[str, Any] = {}
    while lines and lines[0][0] == depth:
        key, colon, inline = lines[0][1].partition(":")
        if not colon or key in found or not re.fullmatch(r"[A-Za-z_-]+", key):
            raise ValueError(lines[0][1])
        lines = lines[1:]
        if inline.strip():
            found[key] = _scalar(inline.strip())
        else:
            found[key], lines = _block(lines, depth + 2)
    if lines and lines[0][0] > depth:
        raise ValueError(lines[0][1])
    return found, lines


def _scalar(text: str) -> Any:
    if text[0] in '["':
        return json.loads(text)
    if text in {"true", "false"}:
        return text == "true"
    if text.isdigit():
        return int(text)
    # Anything YAML might read as something else than this very text is quoted in our file.
    if not re.fullmatch(r"[A-Za-z./][A-Za-z0-9_./:-]*|[0-9]+s", text) or text.lower() in {
        *("yes", "no", "on", "off", "null"),
    }:
        raise ValueError(text)
    return text
