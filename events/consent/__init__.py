"""What people agreed to: the ledger that proves it, and who agrees at the moment. Uses accounts' keys and models."""
