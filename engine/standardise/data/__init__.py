"""Word lists: text files, one entry a line, `#` for comments."""

from importlib.resources import files


def lines(name: str) -> list[str]:
    """Read the entries of a list, in order."""
    text = (files(__name__) / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
