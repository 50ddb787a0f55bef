"""The faces: the library, the command line, and what they show."""
