#!/bin/sh
# The typefaces and icons of the pages, built anew: sh dashboard/bundle/frame.sh, with npm, Python and a network.
#
# Inter loses the scripts that no page is written in, its ligatures (--> in a message stays the signs that it is) and
# the axis of optical sizes (at 14, that of text), so that it is a tenth of what it was; JetBrains Mono is taken as it is
# packed. The icons are those named below, as one sprite.
set -eu
export SOURCE_DATE_EPOCH=1704067200  # no moment of today goes into what is built
static=$(cd "$(dirname "$0")/../static/dashboard" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent inter-ui@4.1.1 @fontsource-variable/jetbrains-mono@5.3.0 lucide-static@1.62.0 >/dev/null
for packed in *.tgz; do mkdir "${packed%.tgz}" && tar -xzf "$packed" -C "${packed%.tgz}" --strip-components=1; done
python3 -m venv venv && venv/bin/pip install --quiet fonttools==4.68.0 brotli==1.2.1

venv/bin/fonttools varLib.instancer --quiet inter-ui-4.1.1/variable/InterVariable.woff2 opsz=14 wght=400:700 --output inter.ttf
signs=U+0020-007E,U+00A0-017F,U+0192,U+0218-021B,U+02BC,U+02C6,U+02DA,U+02DC,U+1E9E,U+2002-200A,U+2010-2015
signs=$signs,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032,U+2033,U+2039,U+203A,U+2044,U+2070-2079,U+2080-2089
signs=$signs,U+20AC,U+2116,U+2122,U+2126,U+2190-2193,U+2196-2199,U+2206,U+2212,U+2215,U+221E,U+2248,U+2260,U+2264
signs=$signs,U+2265,U+2318,U+21E7,U+23CE,U+2713,U+2715,U+00D7,U+25CF,U+FEFF,U+FFFD
venv/bin/pyftsubset inter.ttf --unicodes="$signs" --layout-features=kern,ccmp,locl,mark,mkmk,tnum,case,zero \
  --flavor=woff2 --output-file="$static/fonts/inter-4.1.woff2"
mono=fontsource-variable-jetbrains-mono-5.3.0
for script in latin latin-ext; do
  cp "$mono/files/jetbrains-mono-$script-wght-normal.woff2" "$static/fonts/jetbrains-mono-5.3.0-$script.woff2"
done
cp inter-ui-4.1.1/LICENSE.txt "$static/fonts/LICENSE-inter.txt"
cp "$mono/LICENSE" "$static/fonts/LICENSE-jetbrains-mono.txt"
cp lucide-static-1.62.0/LICENSE "$static/icons/LICENSE-lucide.txt"

python3 - "$static/icons/lucide-1.62.0.svg" <<'PYTHON'
import pathlib, re, sys
names = """house bell siren activity target layout-dashboard bug rocket message-square gauge zap database waypoints
scroll-text server chart-no-axes-combined chart-column filter route users flag flask-conical newspaper shield sparkles
settings link-2 cpu panel-left search menu ellipsis chevron-down chevrons-up-down sun-moon tag calendar-clock globe
key-round folder circle-user lock bookmark plus monitor timer fingerprint x check radio git-branch
corner-down-left""".split()
symbols = []
for name in names:
    drawn = pathlib.Path(f"lucide-static-1.62.0/icons/{name}.svg").read_text()
    inner = re.sub(r"\s+", " ", re.search(r"<svg[^>]*>(.*)</svg>", drawn, re.S)[1])
    inner = inner.replace(" />", "/>").replace("> <", "><").strip()
    symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
svg = "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>\n"])
pathlib.Path(sys.argv[1]).write_text(svg)
PYTHON
for folder in fonts icons; do
  (cd "$static/$folder" && chmod 644 * && ls | grep -v SHA256SUMS | xargs sha256sum > SHA256SUMS)
done
