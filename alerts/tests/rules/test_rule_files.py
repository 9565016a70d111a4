"""Rules as a file: out and in again unchanged, changes by name, and nonsense named without a change."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from alerts.models import Rule
from alerts.rules import rule_files, starter
from alerts.rules.rule_files import BadFile
from alerts.tests import make
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
ONE = """
version: 1
rules:
- name: Slow
  kind: threshold
  metric: requests.p95
  config: {side: above, threshold: 800, window: 10, min_samples: 5}
  where: {environment: [production]}
  for_minutes: 5
  channels: [email]
"""


def apply(project: Project, text: str, *, prune: bool = False) -> rule_files.Applied:
    return rule_files.apply(project, text, prune=prune, actor="test", now=NOW)


def test_what_is_written_is_read_back_as_the_same(project: Project) -> None:
    starter.add(project, actor="test", now=NOW)
    written = rule_files.export(project)
    done = apply(project, written)
    assert (len(done.same), done.made, done.changed) == (len(starter.STARTER), (), ())
    Rule.objects.all().delete()
    assert len(apply(project, written).made) == len(starter.STARTER)
    assert rule_files.export(project) == written


def test_a_file_makes_changes_and_prunes_by_name(project: Project) -> None:
    make.channel(project)
    assert apply(project, ONE).made == ("Slow",)
    rule = project.rules.get()
    assert (rule.config["threshold"], rule.where, list(rule.channels.values_list("name", flat=True))) == (
        800.0, {"environment": ["production"]}, ["email"],
    )  # fmt: skip
    assert apply(project, ONE).same == ("Slow",)
    assert apply(project, ONE.replace("800", "900") + "  is_enabled: false\n").changed == ("Slow",)
    rule.refresh_from_db()
    assert (rule.config["threshold"], rule.is_enabled) == (900.0, False)
    other = ONE.replace("Slow", "Other")
    assert apply(project, other).deleted == ()
    assert apply(project, other, prune=True).deleted == ("Slow",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "not YAML"),
        ("version: 2\nrules: []", "version: 1"),
        ("- 1", "version: 1"),
        ("version: 1\nrules: [{kind: x}]", "Rule 1 has no name"),
        (ONE + "- {name: Slow}", "stands there twice"),
        (ONE.replace("for_minutes", "for_hours"), "there is no field for_hours"),
        (ONE.replace("requests.p95", "requests.p96"), "Slow: metric: There is no metric 'requests.p96'"),
        (ONE.replace("threshold: 800", "threshold: much"), "Slow: threshold: This is not a number"),
        (ONE.replace("[email]", "[nobody]"), "Slow: channels: There is no channel nobody"),
        (ONE.replace("for_minutes: 5", "for_minutes: [5]"), "Slow: "),
        (ONE.replace("{environment: [production]}", "3"), "wrong kind"),
        ("version: 1\nrules: &a [*a]", "aliases"),
        ("[" * 5000, "not YAML"),
        ("#" * (2 << 20), "larger than a megabyte"),
    ],
)
def test_nonsense_is_named_and_changes_nothing(project: Project, text: str, said: str) -> None:
    make.channel(project)
    with pytest.raises(BadFile, match=said):
        apply(project, text)
    assert not Rule.objects.exists()


def test_a_file_is_taken_whole_or_not(project: Project) -> None:
    make.channel(project)
    with pytest.raises(BadFile):
        apply(project, ONE + "- {name: Broken, kind: threshold, metric: nothing}\n")
    assert not Rule.objects.exists()


def test_the_command_writes_and_takes_files(project: Project, tmp_path: Path, capsys: Any) -> None:
    file = str(tmp_path / "rules.yaml")
    call_command("rules", "starter", project.slug)
    call_command("rules", "export", project.slug, file)
    call_command("rules", "import", project.slug, file, "--prune")
    count = len(starter.STARTER)
    assert f"{count} rules made.\n0 made, 0 changed, {count} the same, 0 deleted.\n" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no project 'nowhere'"):
        call_command("rules", "export", "nowhere")
    with pytest.raises(CommandError, match="No such file"):
        call_command("rules", "import", project.slug, str(tmp_path / "none.yaml"))
