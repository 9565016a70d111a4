# The two commands of README on a bare machine, and the short forms of the runs that docs/ reports: what is killed,
# upgraded, searched and fuzzed, and what is measured. In four lanes beside each other, each run with servers and
# folders of its own; what a lane says comes when all have ended, the failed ones last.
bare=("bash -euo pipefail ci/bare.sh" ".venv/bin/python -m bench.batches --facts 2000")
attacks=(
    ".venv/bin/python -m chaos.upgrade --days 1 --events 200" ".venv/bin/python -m chaos.alerts --kills 8 --rules 1"
    ".venv/bin/python -m chaos --seconds 20 --away 5"
    ".venv/bin/python -m chaos --hosts 2 --bucket --seconds 20 --away 4 --bucket-away 4 --clients 4 --var var/chaos-hosts"
    ".venv/bin/python fuzz/envelope_atheris.py --seconds 10"
)
storage=(
    ".venv/bin/python -m bench.pages --scale 0.01 --only overview,issue,analytics"
    ".venv/bin/python -m bench.pages.server --scale 0.01 --times 3" ".venv/bin/python bench/queries.py --scale 0.01 --days 1"
    ".venv/bin/python -m bench.ingest --seconds 2 --without-bugsink" ".venv/bin/python bench/growth/questions.py --short"
)
waits=(
    ".venv/bin/python bench/hostile.py --at-once 2" ".venv/bin/python -m bench.canary --events 150"
    ".venv/bin/python bench/alert_latency.py --errors 6 --cold 2 --pause 1 --limit 10"
    ".venv/bin/python bench/idle.py --fresh --settle 10 --seconds 10"
    ".venv/bin/python -m bench.growth.soak --seconds 60 --every 10"
    ".venv/bin/python bench/slow_clients.py --short" ".venv/bin/python -m bench.impact --short"
)
lane() {
    local run
    for run in "$@"; do
        printf '\n--- %s (at %d s)\n' "$run" $SECONDS
        # shellcheck disable=SC2086
        $run || { printf 'FAILED: %s\n' "$run"; return 1; }
    done
    printf '\n--- ended (at %d s)\n' $SECONDS
}
mkdir -p var/ci
# Every run makes a database of its own; all begin as a copy of one that is migrated.
OBS_VAR_DIR="$PWD/var/ci/seed" .venv/bin/python manage.py migrate -v0
OBS_VAR_DIR="$PWD/var/ci/seed" .venv/bin/python -m formaos_obs.embedded stop
export OBS_POSTGRES_SEED="$PWD/var/ci/seed/postgres"
names=(bare attacks storage waits)
for name in "${names[@]}"; do
    declare -n runs=$name
    lane "${runs[@]}" > "var/ci/$name.log" 2>&1 &
    lanes+=($!)
done
failed=()
for place in "${!names[@]}"; do
    if wait "${lanes[place]}"; then cat "var/ci/${names[place]}.log"; else failed+=("${names[place]}"); fi
done
for name in "${failed[@]}"; do cat "var/ci/$name.log"; done
((${#failed[@]} == 0))
