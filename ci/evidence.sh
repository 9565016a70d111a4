# The short forms of the runs that docs/ reports, in two lanes beside each other: what is killed, upgraded, searched and
# fuzzed, and what is measured. Each has servers and folders of its own; the first lane's words follow the second's.
attacks=(
    "-m chaos --seconds 20 --away 5" "-m chaos.alerts --kills 8 --rules 1" "-m chaos.upgrade --days 1 --events 200"
    "-m bench.canary --events 150" "fuzz/envelope_atheris.py --seconds 10"
)
measures=(
    "bench/pages.py --scale 0.01 --times 3" "bench/queries.py --scale 0.01 --days 1"
    "-m bench.ingest --seconds 2 --without-bugsink" "bench/slow_clients.py --short" "bench/hostile.py --at-once 2"
    "-m bench.batches --facts 2000" "-m bench.impact --short"
    "bench/alert_latency.py --errors 6 --cold 2 --pause 1 --limit 10" "bench/idle.py --fresh --settle 10 --seconds 10"
)
lane() {
    local run
    for run in "$@"; do
        printf '\n--- python %s (at %d s)\n' "$run" $SECONDS
        # shellcheck disable=SC2086
        .venv/bin/python $run || { printf 'FAILED: python %s\n' "$run"; return 1; }
    done
}
mkdir -p var/ci
lane "${attacks[@]}" > var/ci/attacks.log 2>&1 &
beside=$!
measured=0
lane "${measures[@]}" || measured=$?
attacked=0
wait $beside || attacked=$?
cat var/ci/attacks.log
((measured == 0 && attacked == 0))
