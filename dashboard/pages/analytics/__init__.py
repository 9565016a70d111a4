"""Web analytics: who came, from where, to which pages."""
