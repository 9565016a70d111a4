"""What pages cost: in a browser on a slow line (`python -m bench.pages`), and as facts grow ."""
