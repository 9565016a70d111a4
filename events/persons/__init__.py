"""Who is the same person under which ids: the rules of merging, pure, and the rows that keep them."""
