"""The World as canonical JSON: what a snapshot holds, and what replay compares by its hash."""

from __future__ import annotations

import json

from hotline.world import World
from ledger.rows import canonical, from_json, to_json


def world_of(body: str) -> World:
    """A World out of a snapshot's canonical JSON. ValueError, TypeError, KeyError for a World of
    another shape."""
    world: World = from_json(World, json.loads(body))
    return world


def body_of(world: World) -> str:
    """A World, its board included, as canonical JSON: the same World always the same bytes."""
    return canonical(to_json(world))
