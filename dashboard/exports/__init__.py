"""Whole tables as files: datasets, outputs, CSV."""
