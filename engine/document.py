"""YAML as plain text values, each with the line it stands on.

A value stays the text that was written until a model says what it is: country `NO` isn't false, phone `0000000000`
isn't zero, and `12:30` isn't 750. Only an empty value (or `null`, `~`) is None. Aliases and tags are refused: nobody
needs them in a file of settings, and they are how a small file becomes a huge one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.errors import ConfigError

#: Settings nest five or six deep; far deeper is a mistake or an attack.
MAX_DEPTH = 30
#: Reading this many takes seconds; more isn't a file of settings.
MAX_VALUES = 100_000

_MAP, _LIST, _TEXT = (f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str"))
_EMPTY = {"", "~", "null", "Null", "NULL"}


#: Where a value stands: the keys and indices that lead to it.
Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A file's values (dicts, lists, text, None) and the line of each, by its path of keys and indices."""

    path: Path
    values: Any
    lines: dict[Keys, int]

    def place(self, keys: Keys) -> str:
        """`file:line` of a value, or of the nearest thing around it that is in the file."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return f"{self.path}:{self.lines.get(keys, 1)}"


def read_document(path: Path, max_bytes: int) -> Document:
    """Read a YAML file of settings. Raises ConfigError with the line of what can't be read."""
    text = _text(path, max_bytes)
    lines: dict[Keys, int] = {}
    try:
        node = _Composer(text).get_single_node()
        values = None if node is None else _value(node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{path}:{mark.line + 1 if mark else 1}: {_said(error, text)}") from error
    except yaml.YAMLError as error:
        # A reader's error has a position, but no mark.
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise ConfigError(f"{path}:{line}: has a character that YAML doesn't allow; is it a text file?") from error
    return Document(path, values, lines)


def _text(path: Path, max_bytes: int) -> str:
    if path.is_dir():
        named = path / "clew.yaml"
        told = f"give the project file itself, {named}" if named.exists() else "`clew init` writes a clew.yaml into it"
        raise ConfigError(f"{path}: is a folder; {told}")
    if not path.exists():
        raise ConfigError(f"{path}: no such file; `clew init FOLDER` writes one for a folder of exports")
    if not path.is_file():
        raise ConfigError(f"{path}: is not a file")
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise ConfigError(f"{path}: is larger than {max_bytes:,} bytes; is it the project file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from error


class _Composer(yaml.BaseLoader):
    """Composes nodes, and refuses what could make them many or deep."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, f"*{event.anchor} is an alias; write the value out instead", event.start_mark
            )
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_VALUES:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            excess = "nested too deep" if self.depth > MAX_DEPTH else f"more than {MAX_VALUES:,} values"
            raise yaml.composer.ComposerError(None, None, excess, mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _value(node: yaml.Node, keys: Keys, lines: dict[Keys, int]) -> Any:
    lines.setdefault(keys, node.start_mark.line + 1)
    if node.tag not in (_MAP, _LIST, _TEXT):
        raise yaml.composer.ComposerError(None, None, f"the tag {node.tag!r} has no meaning here", node.start_mark)
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in _EMPTY else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*keys, index), lines) for index, item in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key, item in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.composer.ComposerError(None, None, "a name must be plain text", key.start_mark)
        if key.value in found:
            first = lines[(*keys, key.value)]
            raise yaml.composer.ComposerError(
                None, None, f"{key.value!r} is given twice (first in line {first})", key.start_mark
            )
        lines[(*keys, key.value)] = key.start_mark.line + 1
        found[key.value] = _value(item, (*keys, key.value), lines)
    return found


def _said(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return "a tab; use spaces"
    said = ": ".join(part for part in (error.context, error.problem) if part)
    return said if isinstance(error, yaml.composer.ComposerError) and not error.context else f"is not YAML: {said}"
