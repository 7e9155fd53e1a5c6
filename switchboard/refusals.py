"""What the switchboard refuses to do: each with a Chinese sentence the command line prints."""

from __future__ import annotations


class Refusal(Exception):
    """Its text is for people: what is wrong and what to do. Never a fault of the program."""
