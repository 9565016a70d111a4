# README's command; what takes 20 seconds and more is named before the summary. Its databases begin with the migrated
# cluster that ci/evidence.sh leaves.
seed="$PWD/var/ci/seed/postgres"
[[ ! -e $seed/PG_VERSION ]] || export OBS_POSTGRES_SEED=$seed
make --no-print-directory test ARGS="--durations=10 --durations-min=20"
