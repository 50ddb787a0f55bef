"""What goes over the wire: the same values as `--json` prints, with their types and meanings."""
