"""Questions about variants of flags: who saw which, what came of it, and what broke."""
