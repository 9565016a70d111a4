"""`manage.py export`: facts, issues, kept events or the audit trail, to a file or standard output."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from analytics import periods
from analytics.engine import EngineError
from dashboard.exports import runs
from dashboard.exports.runs import DATASETS, FORMATS, BadFilter, BadState, Progress
from events.management import projects


class Command(BaseCommand):
    help = "Export a dataset. With --output, a run that was killed is continued by giving the same command again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", choices=DATASETS)
        parser.add_argument("--project", help="slug; default: all projects")
        parser.add_argument("--from", dest="start", help="2026-11-01 or 2026-11-01T12:00, UTC")
        parser.add_argument("--to", dest="end", help="the same; a date counts as a whole day; default: now")
        parser.add_argument(
            "--filter", action="append", default=[], metavar="KEY=VALUE", help="repeatable: all must hold"
        )
        parser.add_argument("--format", choices=FORMATS, default="ndjson")
        parser.add_argument("--output", type=Path, help="a file, or for Parquet a folder; default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            with tqdm(desc="Exporting", unit=" parts", disable=None, dynamic_ncols=True) as seen:
                rows = runs.export(
                    options["dataset"],
                    project=projects.named(options["project"]) if options["project"] else None,
                    start=periods.moment(options["start"]) if options["start"] else None,
                    end=periods.moment(options["end"], is_end=True) if options["end"] else None,
                    filters=dict(self._pair(text) for text in options["filter"]),
                    form=options["format"],
                    path=options["output"],
                    tell=partial(self._tell, seen),
                    now=now,
                )
        except (BadFilter, BadState, periods.BadPeriod, EngineError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"{rows:,} rows.")

    def _pair(self, text: str) -> tuple[str, str]:
        key, sign, value = text.partition("=")
        if not sign:
            raise CommandError(f"--filter takes KEY=VALUE, not {text}.")
        return key, value

    def _tell(self, seen: "tqdm[Any]", progress: Progress) -> None:
        seen.total = progress.total
        seen.set_postfix_str(f"{progress.rows:,} rows", refresh=False)
        seen.update(progress.done - seen.n)
