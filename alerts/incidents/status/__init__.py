"""Public status pages: what customers are told of how the product is, and was."""
