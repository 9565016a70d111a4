"""What deploy webhooks of others say, one file a source: verified on the raw bytes, then read. Pure."""

from events.releases.hooks import github, gitlab, netlify, vercel
from events.releases.hooks.contract import Source

SOURCES: dict[str, Source] = {"github": github, "gitlab": gitlab, "netlify": netlify, "vercel": vercel}
