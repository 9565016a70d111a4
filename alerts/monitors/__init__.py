"""Jobs that report by themselves: their schedules, their check-ins and pings, and what silence means."""
