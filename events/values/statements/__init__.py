"""What a database was asked, without the values in it: pure functions over text."""
