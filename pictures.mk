# The pictures of the documentation, taken of the demo on a server of its own: the demo first, since what it plays must
# not be judged by a worker that looks at the clock of today.
.PHONY: pictures
pictures: export OBS_VAR_DIR = $(CURDIR)/var/pictures
pictures: export PORT = 8199
pictures: .venv/.dev
	rm -rf var/pictures && $(BIN)/python manage.py prepare && $(BIN)/python manage.py seed_demo
	@$(BIN)/python manage.py up & up=$$!; \
	until curl --silent --fail --output /dev/null http://127.0.0.1:$$PORT/login/; do kill -0 $$up || exit 1; sleep 1; done; \
	$(BIN)/python -m bench.screenshots var/pictures/up.json; status=$$?; kill $$up; wait $$up; exit $$status
