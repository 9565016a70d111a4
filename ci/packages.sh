# A Chromium as people have it, for the suite and the benches, and the load of the benches. A missing one is a failure,
# not a skip; `make test` would bring a browser of its own, as ci/bare.sh shows. It brings Node where that is missing.
missing=()
command -v chromium > /dev/null || missing+=(chromium)
command -v wrk > /dev/null || missing+=(wrk)
if ((${#missing[@]})); then
    apt-get update --quiet --quiet
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" > /dev/null
fi
chromium --version
