# README's command.
make --no-print-directory test
