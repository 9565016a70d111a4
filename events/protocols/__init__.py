"""Wire protocols: bytes in, `Decoded` out. No ORM here."""
