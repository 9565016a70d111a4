"""Boards: charts of any page beside each other."""
