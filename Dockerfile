# Two stages: what is needed to build stays out of what runs.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY . .
RUN OBS_VAR_DIR=/build OBS_STATIC_DIR=/static SECRET_KEY=only-for-collecting-static-files-0123456789-abcdefghijkl \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OBS_VAR_DIR=/data OBS_STATIC_DIR=/static OBS_BIND=0.0.0.0 PORT=8000
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin obs && mkdir /data && chown obs:obs /data
COPY --from=build /venv /venv
COPY --from=build /app /app
# The server writes for its own user alone, collected files too.
COPY --from=build --chown=10001:10001 /static /static
WORKDIR /app
USER 10001:10001
# The only folder that is written, besides a tmpfs on /tmp: spool, segments, and keys where none are set.
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "formaos_obs.probe"]
CMD ["python", "manage.py", "serve", "web"]
