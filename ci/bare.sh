# README's two commands on a machine that has nothing: an emptied environment whose PATH leads to Python, make, git and
# the core utilities alone, in a folder with a hard name, called from another folder. Only how pip and npm reach their
# registries is kept, and their caches, so that nothing is downloaded twice.
python=$(python3 -c 'import sys; print(sys.executable)')
site=$(mktemp -d)
place="$site/Ünï co %41&b#c=d"
mkdir "$site/bin" "$site/home" "$site/tmp" "$place"
ln -s "$python" "$site/bin/python3"
for name in make git sh basename cat chmod cp cut date dirname env expr false head id ln ls mkdir mktemp mv pwd readlink \
    realpath rm rmdir sleep sort stat tail tee test touch tr true uname wc; do
    ln -s "$(type -P "$name")" "$site/bin/$name"
done
keep=("HOME=$site/home" "PATH=$site/bin" "TMPDIR=$site/tmp" "PIP_CACHE_DIR=$("$python" -m pip cache dir)")
command -v npm > /dev/null && keep+=("npm_config_cache=$(npm config get cache)")
while read -r name; do
    [[ ${name^^} =~ ^(PIP_|NPM_CONFIG_|SSL_|REQUESTS_CA|CURL_CA|NODE_EXTRA_CA)|_PROXY$ ]] && keep+=("$name=${!name}")
done < <(compgen -e)
# By way of sh, for env takes a command whose path holds a "=" for a variable.
bare() { (cd / && exec env -i "${keep[@]}" sh -c 'exec "$0" "$@"' "$@"); }
# PostgreSQL names no folder of the site where root runs it: it is put into its own.
running() {
    {
        grep --null-data --files-with-matches --fixed-strings --text "$site" /proc/[0-9]*/cmdline 2> /dev/null || true
        for link in /proc/[0-9]*/cwd; do
            [[ $(readlink "$link") != "$site"/* ]] || printf '%s\n' "${link%cwd}cmdline"
        done
    } | sort --unique
}
tidy() {
    for file in $(running); do kill -KILL "$(cut -d/ -f3 <<< "$file")" 2> /dev/null || true; done
    rm -rf "$site"
}
trap tidy EXIT
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory "$place"

printf -- '--- make up (at %d s)\n' $SECONDS
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
set -m # with a process group of its own, to be sent what Ctrl-C sends
bare make -C "$place" up PORT="$port" OBS_BIND=:: > "$site/up.log" 2>&1 &
up=$!
set +m
until grep -q "Ctrl-C stops all" "$site/up.log"; do
    kill -0 $up 2> /dev/null && ((SECONDS < 900)) || { cat "$site/up.log"; exit 1; }
    sleep 0.5
done
grep "^URL" "$site/up.log"
bare "$place/.venv/bin/python" "$place/ci/bare_event.py" "$place/var/up.json"
kill -INT -- -$up
wait $up || (($? == 130)) # make ends by the signal too
grep -q "^stopped" "$site/up.log" || { cat "$site/up.log"; exit 1; }
[[ -z $(running) ]] || { echo "Ctrl-C left running: $(running)"; exit 1; }

printf -- '--- make test (at %d s)\n' $SECONDS
bare make -C "$place" test ARGS="-q -p no:cacheprovider formaos_obs/tests/test_folders.py events/tests/sdk/test_node.py \
    dashboard/tests/browser/test_frame_in_chromium.py::test_a_click_on_a_bar_leads_to_its_events"
ls "$place/var/tools/bin"
[[ -z $(running) ]] || { echo "make test left running: $(running)"; exit 1; }
printf -- '--- nothing left running (at %d s)\n' $SECONDS
