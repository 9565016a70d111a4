"""Who may come in, and how much of them: keys, tokens, rates, origins, bodies. The read API uses it too."""
