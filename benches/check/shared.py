"""What the modules of the measured project share."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import NewType

Name = NewType("Name", str)
Version = NewType("Version", str)


@dataclass(frozen=True)
class Low:
    pass


@dataclass(frozen=True)
class Middle:
    pass


@dataclass(frozen=True)
class High:
    why: str


Level = Low | Middle | High


@dataclass
class Item:
    name: Name
    count: int
    level: Level
    tags: list[str] = field(default_factory=list)
    note: str | None = None


def word(level: Level) -> str:
    """One word for a level."""
    match level:
        case Low():
            return "low"
        case Middle():
            return "middle"
        case High(why=why):
            return f"high: {why}"


def total(items: list[Item]) -> int:
    """Counts only what is there."""
    return sum(item.count for item in items)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command."""
    return subprocess.run(words, check=True, capture_output=True, text=True)
