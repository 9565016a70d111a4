"""Goals: named measures of events with a target per day, week or month; kept, and how they stand."""
