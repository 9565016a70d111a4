"""Lists of a project as files."""
