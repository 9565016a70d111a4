"""manage.py rules export|import|starter: a project's alert rules as a file, from a file, or the set to begin with."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from alerts.rules import rule_files, starter
from alerts.rules.rule_files import BadFile
from events.accounts import audit
from events.management import projects
from events.models import Project


class Command(BaseCommand):
    help = "Write a project's alert rules as YAML, take them from a file, or add the set to begin with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["export", "import", "starter"])
        parser.add_argument("project", help="The slug of the project.")
        parser.add_argument("file", nargs="?", default="-", help="What is read or written; - is the terminal.")
        parser.add_argument("--prune", action="store_true", help="Delete rules that the imported file does not name.")

    def handle(self, *args: Any, what: str, project: str, file: str, prune: bool, **options: Any) -> None:
        found = projects.named(project)
        with audit.scope(via="command"):
            if what == "export":
                self._write(rule_files.export(found), file)
            elif what == "starter":
                made = starter.add(found, actor="command", now=timezone.now())
                self.stdout.write(f"{len(made)} rules made.")
            else:
                self._take(found, file, prune=prune)

    def _write(self, text: str, file: str) -> None:
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text)

    def _take(self, project: Project, file: str, *, prune: bool) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text()
            done = rule_files.apply(project, text, prune=prune, actor="command", now=timezone.now())
        except (BadFile, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.words}.")
