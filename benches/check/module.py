"""Module @ of the measured project: orders come in, are sorted, reviewed and delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared import Item, Level, Low, Middle, Name, Version, run, total, word


@dataclass(frozen=True)
class New@:
    """Nothing has happened yet."""


@dataclass(frozen=True)
class Checked@:
    """Somebody has looked at it."""

    by: str


@dataclass(frozen=True)
class Delivered@:
    """It is there."""

    at: datetime
    parcels: int


@dataclass(frozen=True)
class Refused@:
    """It will not be done."""

    why: str


Stage@ = New@ | Checked@ | Delivered@ | Refused@


@dataclass
class Order@:
    """One order."""

    id: int
    customer: Name
    items: list[Item]
    stage: Stage@
    parent: int | None = None


@dataclass
class Review@:
    """What the reviewers say."""

    score: int
    findings: list[str]
    risk: Level


@dataclass
class Day@:
    """The whole of a day."""

    orders: list[Order@]
    open: int
    done: int
    by_customer: dict[str, int]


LIMIT_@ = 10 + @
REGIONS_@ = ["north", "south", "east", "west"]


def stage_name(stage: Stage@) -> str:
    """How a stage is called."""
    match stage:
        case New@():
            return "new"
        case Checked@(by=by):
            return f"checked by {by}"
        case Delivered@(at=at, parcels=parcels):
            return f"one parcel, {at}" if parcels == 1 else f"{parcels} parcels, {at}"
        case Refused@(why=why):
            return f"refused: {why}"


def is_done(order: Order@) -> bool:
    """Whether nothing remains to be done."""
    return isinstance(order.stage, Delivered@ | Refused@)


def weight(order: Order@) -> int:
    """What an order weighs."""
    heavy = sum(i.count * 2 for i in order.items if i.count > LIMIT_@)
    light = sum(i.count for i in order.items if i.count <= LIMIT_@)
    return heavy + light if heavy > light else light - heavy + @


def item_names(orders: list[Order@]) -> list[str]:
    """The names of all items, sorted, each once."""
    return sorted({f"{i.name}" for o in orders for i in o.items})


def day_of(orders: list[Order@]) -> Day@:
    """Sums a day up."""
    done = [o for o in orders if is_done(o)]
    counts: dict[str, int] = {}
    for order in orders:
        counts[order.customer] = counts.get(order.customer, 0) + 1
    return Day@(orders=orders, open=len(orders) - len(done), done=len(done), by_customer=counts)


def late(day: Day@) -> Order@ | None:
    """The first order that is late, if one is."""
    for order in day.orders:
        if not is_done(order) and weight(order) > LIMIT_@ * 3:
            return order
    return None


def line(order: Order@) -> str:
    """A line for a person."""
    parent = "" if order.parent is None else f" (part of {order.parent})"
    levels = ", ".join(dict.fromkeys(word(i.level) for i in order.items))
    pieces = total(order.items)
    return f"{order.id} {order.customer}: {stage_name(order.stage)}, {pieces} pieces, {levels}{parent}"


def table(day: Day@) -> str:
    """A table of a day."""
    head = f"{day.open} open, {day.done} done"
    lines = "\n".join(line(o) for o in day.orders)
    regions = "/".join(r.upper() for r in REGIONS_@)
    return f"""
    {head} in {regions}
    {lines}
    """


def clamp(score: int, low: int = 0, high: int = 10) -> int:
    """Clamps a score, the long way round."""
    if score < low:
        return low
    if score > high:
        return high
    return score


def judgement(review: Review@) -> str:
    """How much was found, and how bad it is."""
    match len(review.findings):
        case 0:
            found = "nothing"
        case 1:
            found = "one thing"
        case n:
            found = f"{n} things"
    mark = clamp(review.score * 2 - 5, high=9)
    return f"{found} found, {mark} of 9, {word(review.risk)}"


def log_since(version: Version) -> list[str]:
    """The log since a version."""
    lines = run("git", "log", "--oneline", f"v{version}..HEAD").stdout.splitlines()
    return [entry for entry in lines if not entry.startswith("Merge") and len(entry) > 3]


def test_package(name: Name, tries: int = 2) -> int:
    """Tests a package, a few times if it must be."""
    failed = 0
    for _ in range(3):
        out = run("cargo", "test", "--package", name, "--quiet")
        if out.returncode == 0 or failed >= tries:
            break
        failed += 1
    else:
        failed += 10
    return failed


def review_day(day: Day@) -> Review@:
    """Reviews a day."""
    summary = table(day)
    findings = [entry for entry in summary.splitlines() if "refused" in entry]
    if len(findings) > 20:
        message = "at most twenty findings"
        raise ValueError(message)
    return Review@(score=5, findings=findings, risk=Low())


def deliver_day_@(version: Version, packages: list[Name], *, dry_run: bool = False) -> Day@:
    """Takes the orders of a day through review and delivers them."""
    history = log_since(version)
    results = [test_package(p) for p in packages]
    if not all(r < 10 for r in results):
        message = "a package fails again and again"
        raise RuntimeError(message)
    tests = sum(results)
    orders = []
    for i in range(1, LIMIT_@ + 1):
        if i % 7 == 0:
            continue
        item = Item(name=Name("part"), count=i * 3, level=Middle(), tags=["m@"])
        stage = New@() if i > 5 else Refused@(why="too old")
        orders.append(Order@(id=i, customer=Name("someone"), items=[item], stage=stage))
    day = day_of(orders)
    review = review_day(day)
    print(f"{len(item_names(orders))} kinds, {len(history)} changes, {tests} failures; {judgement(review)}")
    order = late(day)
    if order is None:
        print("nothing is late")
    else:
        print(f"late: {line(order)}")
    if not dry_run:
        run("git", "tag", f"v{version}")
        run("git", "push", "origin", f"v{version}")
    return day


def test_judgement() -> None:
    """It counts what was found."""
    review = Review@(score=7, findings=["a"], risk=Low())
    assert judgement(review) == "one thing found, 9 of 9, low"
    assert clamp(-3) == 0
