"""Files for `neo4j-admin database import`, which fills an empty database many times faster than transactions can.

The files hold the marker as well, so the imported graph shows its run at once; `publish` then finds it current, and
makes the constraints and indexes, which an import doesn't.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.compute import Compute, literal, quote
from engine.errors import TableError
from engine.runs import RunTables
from graph.neo4j import delta
from graph.neo4j.schema import (
    IDENTIFIER,
    MARKER,
    NODES,
    RELATIONSHIPS,
    SCHEMA_VERSION,
    Node,
    Property,
    Relationship,
    second_label,
)
from graph.neo4j.wire import sent
from graph.tables import GRAPH_TABLES, everything, open_run

#: What may part the elements of a list: the first that no element holds. It is one character, and can't be escaped.
_DELIMITERS = ("\x1f", "\x1e", "\x1d", "\x1c", "\ue000", "\ue001", "\uf8ff", "\ufdd0")

_TYPES = {
    "text": "string",
    "indexed": "string",
    "int": "long",
    "float": "double",
    "flag": "boolean",
    "time": "datetime",
    "date": "date",
    "texts": "string[]",
    "reasons": "string[]",
}

README = """\
Run {run} of Clew, as files for Neo4j's bulk import. They hold personal data, and are yours alone to
read (`chown` gives them to whom neo4j-admin runs as): delete them when they are loaded.

1. Stop the server, or at least the database. Its content is overwritten.
2. In this folder:

{command}

   (`neo4j` after `full` is the name of the database. Set NEO4J_HOME, or call neo4j-admin by its full path.)
3. Start the server, and make the constraints and indexes, and compare the graph with the run:

   clew publish --store neo4j --verify
"""


@dataclass(frozen=True)
class Files:
    """What was written: the rows by file, and the command that imports them when called in the files' folder."""

    rows: dict[str, int]
    command: tuple[str, ...]


def export(run: RunTables, folder: Path, memory_limit: str = "3GB", project: str | None = None) -> Files:
    """Write the graph of a project's run into a folder. TableError for a bad run."""
    with Compute(memory_limit=memory_limit) as compute:
        open_run(compute, run, "new")
        everything(compute, "new")
        for name in GRAPH_TABLES:
            compute.view(f"old_{name}", f"SELECT * FROM new_{name} WHERE false")
        delta.prepare(compute)
        files = _Writer(compute, folder, _delimiter(compute)).write(run, project or "")
    lines = " \\\n".join(f"   {shlex.quote(word)}" for word in files.command[5:])
    readme = README.format(run=run.run_id, command=f"   {' '.join(files.command[:5])} \\\n{lines}")
    (folder / "README.txt").write_text(readme, encoding="utf-8")
    return files


class _Writer:
    """Writes one folder."""

    def __init__(self, compute: Compute, folder: Path, delimiter: str) -> None:
        self.compute, self.folder, self.delimiter = compute, folder, delimiter
        self.rows: dict[str, int] = {}

    def write(self, run: RunTables, project: str) -> Files:
        command = ["neo4j-admin", "database", "import", "full", "neo4j", "--id-type=integer", "--multiline-fields=true"]
        command += [f"--array-delimiter=U+{ord(self.delimiter):04X}", "--overwrite-destination"]
        after = 0
        for node in NODES:
            file, after = self._node(node, after)
            # The labels are in the file.
            command.append(f"--nodes={file}")
        command.append(f"--nodes={MARKER}={self._marker(run, project, after)}")
        command += [f"--relationships={kind.type}={self._relationship(kind)}" for kind in RELATIONSHIPS]
        return Files(self.rows, tuple(command))

    def _node(self, node: Node, after: int) -> tuple[str, int]:
        """Number the nodes from `after` on and write them; returns the files and the last number."""
        keys = [quote(c) for c in node.columns]
        count = self.compute.table(
            f"number_{node.label}",
            f"SELECT *, {after} + row_number() OVER (ORDER BY {', '.join(keys)}) AS number FROM made_{node.label}",
        )
        values, headers = self._columns(node.properties)
        labels = literal(node.label)
        if node is IDENTIFIER:
            types = [t for (t,) in self.compute.rows("SELECT DISTINCT type FROM made_Identifier ORDER BY type")]
            cases = [(t, second_label(t)) for t in types]
            whens = " ".join(f"WHEN {literal(t)} THEN {literal(self.delimiter + label)}" for t, label in cases if label)
            if whens:
                labels += f" || CASE type {whens} ELSE '' END"
        sql = f"SELECT number, {labels}, {', '.join(values)} FROM number_{node.label} ORDER BY number"
        return self._file(node.label, [":ID", ":LABEL", *headers], sql), after + count

    def _marker(self, run: RunTables, project: str, after: int) -> str:
        sql = f"SELECT {after + 1}, 'graph', {literal(project)}, {SCHEMA_VERSION}, 1, {literal(run.run_id)}"
        headers = [":ID", "name:string", "project:string", "schema_version:long", "publish:long", "run:string"]
        return self._file(MARKER, headers, sql)

    def _relationship(self, kind: Relationship) -> str:
        values, headers = self._columns(kind.properties)
        ends = [("a", kind.start), ("b", kind.end)]
        keys = [f"{sql} AS {side}{n}" for side, end in ends for n, sql in enumerate(end.key)]
        named = [f"{sql} AS p{n}" for n, sql in enumerate(values)]
        joins = " ".join(
            f"JOIN number_{end.node.label} {side} ON "
            + " AND ".join(f"{side}.{quote(c)} = f.{side}{n}" for n, c in enumerate(end.node.columns))
            for side, end in ends
        )
        wanted = ", ".join(["a.number", "b.number", *(f"f.p{n}" for n in range(len(values)))])
        source = kind.source.format(table=f"new_{kind.table}")
        sql = f"SELECT {wanted} FROM (SELECT {', '.join([*keys, *named])} FROM {source}) f {joins}"
        return self._file(kind.type, [":START_ID", ":END_ID", *headers], f"{sql} ORDER BY a.number, b.number")

    def _columns(self, properties: Sequence[Property]) -> tuple[list[str], list[str]]:
        """The SQL of what is written, and the headers."""
        kinds = {p.name: p.kind for p in properties}
        values, headers = [], []
        for name, sql, _ in sent(properties):
            kind = kinds.get(name, "text")
            if kind in ("texts", "reasons"):
                sql = f"array_to_string({sql}, {literal(self.delimiter)})"
            elif kind == "float":
                # Java's words for what isn't a number.
                sql = f"replace(replace(({sql})::VARCHAR, 'inf', 'Infinity'), 'nan', 'NaN')"
            values.append(sql)
            headers.append(f"{name}:{_TYPES[kind]}")
        return [*values, "1"], [*headers, "born:long"]

    def _file(self, name: str, headers: list[str], sql: str) -> str:
        """Write a header and a data file; returns both names, as the importer wants them."""
        file, header = f"{name}.csv", f"{name}-header.csv"
        for one in (header, file):
            (self.folder / one).touch(0o600)
        (self.folder / header).write_text(",".join(headers) + "\n", encoding="utf-8")
        self.rows[name] = self.compute.table("_export", f"SELECT * FROM ({sql}) t({_letters(len(headers))})")
        # Quoted, an empty text differs from none.
        self.compute.run(
            f"COPY _export TO {literal(str(self.folder / file))}"
            " (FORMAT csv, HEADER false, FORCE_QUOTE *, USE_TMP_FILE false)"
        )
        self.compute.drop("_export")
        # Without the dots, Neo4j 2026 finds no folder in the names.
        return f"./{header},./{file}"


def _letters(count: int) -> str:
    return ", ".join(f"c{n}" for n in range(count))


def _delimiter(compute: Compute) -> str:
    """A character that no element of any list holds."""
    lists = []
    for thing in (*NODES, *RELATIONSHIPS):
        for p in thing.properties:
            if p.kind in ("texts", "reasons"):
                (_, sql, _), *_ = sent([p])
                lists.append(f"SELECT array_to_string({sql}, '') AS t FROM new_{thing.table}")
    everything_ = " UNION ALL ".join(lists)
    for delimiter in _DELIMITERS:
        if not compute.value(f"SELECT count(*) FROM ({everything_}) WHERE contains(t, ?)", [delimiter]):
            return delimiter
    raise TableError("the run's lists hold every character that could part their elements in the files of an import")
