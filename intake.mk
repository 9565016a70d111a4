# The scripts that pages of monitored applications load: built from events/scripts/source, committed with checksums.
.PHONY: intake-scripts
intake-scripts:
	cd events/scripts/source && npm ci --ignore-scripts && node build.mjs
