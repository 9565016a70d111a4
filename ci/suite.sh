# README's command; what takes 20 seconds and more is named before the summary.
make --no-print-directory test ARGS="--durations=10 --durations-min=20"
