"""Flags that switch themselves off where those who get them meet too many errors."""
