"""Alert rules: what a project wants to be told of, how each kind judges, and what became of it."""
