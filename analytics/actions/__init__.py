"""Actions: names for events with conditions, as people set them up."""
