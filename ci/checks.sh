# The migrations say what the models say, and the production environment passes Django's deployment checks.
OBS_VAR_DIR="$PWD/var/ci" .venv/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
OBS_VAR_DIR="$PWD/var/ci" OBS_BIND=0.0.0.0 OBS_PUBLIC_URL=https://obs.example.org \
    ALLOWED_HOSTS=obs.example.org,127.0.0.1 OBS_TRUSTED_PROXIES=1 SECRET_KEY="$(head -c 40 /dev/urandom | base64 -w0)" \
    DATABASE_URL=postgresql://obs:password@postgres:5432/obs REDIS_URL=redis://redis:6379/0 \
    .venv/bin/python manage.py check --deploy --fail-level WARNING
