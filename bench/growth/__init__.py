"""What grows: the list of segments, the work that is shared, the tables that everything passes."""
