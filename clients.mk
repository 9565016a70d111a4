# The first-party browser script: built from clients/browser, committed with its checksum.
.PHONY: browser-script
browser-script:
	cd clients/browser && npm ci --ignore-scripts && node build.mjs
