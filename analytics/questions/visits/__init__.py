"""What is kept of days that are over: visits, cut out of events and counted, and who was there when."""
