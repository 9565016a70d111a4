"""The web server: an event loop reads requests whole, threads answer them.

A connection costs a few kilobytes and no thread, however slow its other end is: `connection` collects a head and a body
under limits of size and time, and only then `threads` hands the request to Django. Ingest and pages have threads of
their own, so that neither waits for the other. `master` keeps the processes. docs/decisions/0020-front.md says why.
"""
