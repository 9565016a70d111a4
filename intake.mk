# The scripts that pages of monitored applications load: built from source, committed with checksums.
.PHONY: intake-scripts
intake-scripts:
	cd events/endpoints/scripts/source && npm ci --ignore-scripts && node build.mjs
