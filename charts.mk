# The drawing library of the pages: built from dashboard/bundle, committed with its checksum.
.PHONY: bundle
bundle:
	mkdir -p dashboard/static/dashboard/vendor
	cd dashboard/bundle && npm ci --ignore-scripts && node build.mjs
