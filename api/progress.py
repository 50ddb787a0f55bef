"""How far a run is: a live display at a terminal, plain lines beside `-v`, nothing elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from api.render.words import count, safe, seconds

if TYPE_CHECKING:
    from engine.progress import Reporter

#: A stage's counts that tell people something, in the singular.
_TELLING = {
    "rows": "row", "unchanged": "source unchanged", "records": "record", "pairs": "pair", "matches": "match",
    "customers": "customer",
}  # fmt: skip


class Lines:
    """One line for each stage that is done."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def stage(self, name: str) -> None:
        """A stage begins."""

    def step(self, text: str) -> None:
        """Within the stage, something begins."""
        self.console.print(Text(f"  {safe(text)}"))

    def done(self, name: str, took: float, counts: Mapping[str, int]) -> None:
        """The stage is done."""
        self.console.print(Text(f"{name:12}  {seconds(took):>10}  {_told(counts)}"))


class Moving:
    """The stages that are done, the one at work, and the time left by what the last run took.

    `expected`: seconds by stage.
    """

    def __init__(self, expected: Mapping[str, float]) -> None:
        self.expected = expected
        self.finished: list[tuple[str, float, str]] = []
        self.name = self.text = ""
        self.begun = self.started = time.monotonic()
        self.spinner = Spinner("dots")

    def stage(self, name: str) -> None:
        """A stage begins."""
        # Not every stage says when it is done; the next one's beginning says it as well.
        self._finish({})
        self.name, self.text, self.begun = name, "", time.monotonic()

    def step(self, text: str) -> None:
        """Within the stage, something begins."""
        self.text = text

    def done(self, name: str, took: float, counts: Mapping[str, int]) -> None:
        """The stage is done."""
        self._finish(counts)

    def _finish(self, counts: Mapping[str, int]) -> None:
        if self.name:
            self.finished.append((self.name, time.monotonic() - self.begun, _told(counts)))
            self.name = ""

    def left(self) -> float | None:
        """Seconds left by the last run's measure, scaled by this one's pace so far; None where nothing is known."""
        done = [(took, self.expected[name]) for name, took, _ in self.finished if name in self.expected]
        names = {name for name, _, _ in self.finished}
        ahead = sum(value for name, value in self.expected.items() if name not in names)
        if not ahead:
            return None
        usual = sum(value for _, value in done)
        pace = sum(took for took, _ in done) / usual if usual > 1 else 1.0
        spent = time.monotonic() - self.begun if self.name in self.expected else 0.0
        return max(0.0, ahead * pace - spent)

    def __rich__(self) -> Group:
        """Draw the display as it is now."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=2)
        table.add_column(width=12)
        table.add_column(width=12, justify="right")
        table.add_column(no_wrap=True, overflow="ellipsis")
        for name, took, told in self.finished:
            table.add_row(Text("ok"), Text(name), Text(seconds(took)), Text(told, style="dim"))
        if self.name:
            table.add_row(
                self.spinner,
                Text(self.name, style="bold"),
                Text(seconds(time.monotonic() - self.begun)),
                Text(safe(self.text)),
            )
        left = self.left()
        total = f"{seconds(time.monotonic() - self.started)} so far"
        return Group(table, Text(total + ("" if left is None else f", about {seconds(left)} left"), style="dim"))


@contextmanager
def progress(console: Console, expected: Mapping[str, float], verbose: bool) -> Iterator[Reporter | None]:
    """A reporter that suits the console: nothing where it is no terminal."""
    if verbose:
        yield Lines(console)
    elif not console.is_terminal:
        yield None
    else:
        moving = Moving(expected)
        with Live(moving, console=console, refresh_per_second=8, transient=True):
            yield moving


def _told(counts: Mapping[str, int]) -> str:
    told = [(counts[name], name, one) for name, one in _TELLING.items() if name in counts]
    return ", ".join(
        count(number, one, "sources unchanged" if name == "unchanged" else name)
        for number, name, one in told
        if number or name != "unchanged"
    )
