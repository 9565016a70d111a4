"""`up`: what is run on one machine, and the small process that keeps it alive."""
