"""The documentation inside the product: the pages of docs/, drawn from their Markdown."""
