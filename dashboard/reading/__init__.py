"""How what others sent, and moments, are shown to whoever reads. Uses no other room."""
