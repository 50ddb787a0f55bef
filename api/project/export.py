"""Writing what a run holds to files for other tools."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from api.export import write_events, write_measure, write_measures, write_members, write_merges, write_views
from api.placing import placed_folder
from api.project.opened import Opened
from api.project.times import utc
from api.results import Exported, ExportedGraph, Measures


class Export(Opened):
    """Files of the current run."""

    def export_members(self, file: Path | str) -> Exported:
        """Write source, key and customer_id of every record, as CSV or Parquet by the name's ending."""
        tables = self._tables()
        file = Path(file)
        return Exported(file, tables.run_id, write_members(tables, file))

    def export_events(self, file: Path | str) -> Exported:
        """Write source, key, customer_id and confidence of every event, as CSV or Parquet by the name's ending."""
        tables = self._tables()
        file = Path(file)
        return Exported(file, tables.run_id, write_events(tables, file))

    def export_merges(self, file: Path | str) -> Exported:
        """Write the merges that Shopify, HubSpot and Klaviyo would have to follow, as CSV or Parquet by the name's end.

        One row an account to merge: customer_id, system, keep, merge, verdict (refuses | choose | check), the obstacle
        in words, and the page of the system's maker that says so.
        """
        tables = self._tables()
        return Exported(Path(file), tables.run_id, write_merges(tables, Path(file)))

    def export_measure(self, name: str, file: Path | str, at: datetime | None = None) -> Exported:
        """Write all rows of a measure, as CSV or Parquet by the name's ending: see `measure`."""
        tables = self._tables()
        rows = write_measure(tables, name, Path(file), utc(at) if at else None)
        return Exported(Path(file), tables.run_id, rows)

    def export_measures(self, folder: Path | str, at: datetime | None = None) -> Measures:
        """Write every measure into a folder, each as a Parquet file of its name, whose rows have no order."""
        tables = self._tables()
        return Measures(Path(folder), tables.run_id, write_measures(tables, Path(folder), utc(at) if at else None))

    def export_views(self, file: Path | str) -> Exported:
        """Write a DuckDB file in which a BI tool finds every measure of the current run as a view.

        The views read the run's own tables where they are now; a later run needs a new file.
        """
        tables = self._tables()
        return Exported(Path(file), tables.run_id, write_views(tables, Path(file)))

    def export_neo4j(self, folder: Path | str) -> ExportedGraph:
        """Write the files of a bulk import into a new folder, for the first load of a large graph into Neo4j."""
        from graph.neo4j.export import export

        tables = self._tables()
        with placed_folder(Path(folder), empty=True) as part:
            files = export(tables, part, project=self._project_id())
        return ExportedGraph(Path(folder), tables.run_id, files.rows, files.command)
