# Exactly what the lock files name, by hash.
make --no-print-directory install
.venv/bin/python --version
