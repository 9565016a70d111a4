"""What alert rules watch: a declared metric of a project along time, group by group, read from the rollups."""
