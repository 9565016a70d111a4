# The short forms of the runs that docs/ reports: kills under load and around alerts, an upgrade, fake secrets, growth, questions, fuzzing, ingest, slow clients,
# batches, what monitoring costs the monitored, what an idle installation takes.
for run in "-m chaos --seconds 20 --away 5" "-m chaos.alerts --kills 8 --rules 1" "-m chaos.upgrade --days 1 --events 200" "-m bench.canary --events 150" "bench/pages.py --scale 0.01 --times 3" \
    "bench/queries.py --scale 0.01 --days 1" "fuzz/envelope_atheris.py --seconds 10" \
    "-m bench.ingest --seconds 2 --without-bugsink" "bench/slow_clients.py --short" "bench/hostile.py --at-once 2" "-m bench.batches --facts 2000" "-m bench.impact --short" \
    "bench/alert_latency.py --errors 6 --cold 2 --pause 1 --limit 10" "bench/idle.py --fresh --settle 10 --seconds 10"; do
    printf "\n--- python %s (at %d s)\n" "$run" $SECONDS
    # shellcheck disable=SC2086
    .venv/bin/python $run
done
