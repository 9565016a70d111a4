"""Who may look, and for how long: the guard of pages, login limits, the second factor between password and code."""
