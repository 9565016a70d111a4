"""The addresses of sentry-cli: releases, uploads, deploys."""
