"""Opens the weights of ``hotline/training`` for the rules, which open no file themselves."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Final

import hotline.classifier
from hotline.drafts import DraftModel
from hotline.emergency import EmergencyModel

TRAINING: Final = Path(hotline.classifier.__file__).parent / "training"


@functools.cache
def emergency_model() -> EmergencyModel:
    """The shipped emergency model, read once a process."""
    return EmergencyModel.parse(_read("emergency.json"))


@functools.cache
def draft_model() -> DraftModel:
    """The shipped weights of drafts, read once a process."""
    return DraftModel.parse(_read("drafts.json"))


def _read(name: str) -> Any:
    return json.loads((TRAINING / name).read_text(encoding="utf-8"))
