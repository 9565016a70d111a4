import django.db.models.deletion
from django.db import migrations, models

# Indexes are built and dropped beside those who write, and each statement may be run again where one was broken off.
# A list of files is answered from the index alone. Nobody looks for the beginning of a path, so that the index for it,
# as large as the table, goes. What is left locks the table for a moment: a column with a default, and a name.
NEW_INDEXES = [
    "DROP INDEX CONCURRENTLY IF EXISTS segment_files",
    "CREATE INDEX CONCURRENTLY segment_files ON events_segment (project_id, fact, day) INCLUDE (min_at, max_at, path)",
    "DROP INDEX CONCURRENTLY IF EXISTS segment_new",
    "CREATE INDEX CONCURRENTLY segment_new ON events_segment (project_id, fact, day) WHERE NOT is_settled",
    "DROP INDEX CONCURRENTLY IF EXISTS segment_question",
    "DROP INDEX CONCURRENTLY IF EXISTS events_segment_path_fed62024_like",
]
OLD_INDEXES = [
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS segment_question ON events_segment (project_id, fact, day)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS events_segment_path_fed62024_like ON events_segment (path varchar_pattern_ops)",
    "DROP INDEX CONCURRENTLY IF EXISTS segment_new",
    "DROP INDEX CONCURRENTLY IF EXISTS segment_files",
]
RENAMED = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = '{old}' AND conrelid = 'events_segment'::regclass) THEN
        ALTER TABLE events_segment RENAME CONSTRAINT {old} TO {new};
    END IF;
END $$
"""
NAME, OLD_NAME = "segment_path_once", "events_segment_path_key"
# Segments come and go all day: the map of what all may see is kept fresh, or the index alone could not answer.
VACUUM = """
ALTER TABLE events_segment SET (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
)
"""
VACUUM_BACK = """
ALTER TABLE events_segment RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor
)
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0027_project_life")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE events_segment ADD COLUMN IF NOT EXISTS is_settled boolean DEFAULT false NOT NULL",
            "ALTER TABLE events_segment DROP COLUMN IF EXISTS is_settled",
            state_operations=[
                migrations.AddField(
                    model_name="segment",
                    name="is_settled",
                    field=models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Nothing is to merge until another segment of its day comes.",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            NEW_INDEXES,
            OLD_INDEXES,
            state_operations=[
                migrations.RemoveIndex(model_name="segment", name="segment_question"),
                migrations.AddIndex(
                    model_name="segment",
                    index=models.Index(
                        fields=["project", "fact", "day"], include=["min_at", "max_at", "path"], name="segment_files"
                    ),
                ),
                migrations.AddIndex(
                    model_name="segment",
                    index=models.Index(
                        condition=models.Q(("is_settled", False)), fields=["project", "fact", "day"], name="segment_new"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            RENAMED.format(old=OLD_NAME, new=NAME),
            RENAMED.format(old=NAME, new=OLD_NAME),
            state_operations=[
                migrations.AlterField(
                    model_name="segment",
                    name="path",
                    field=models.CharField(help_text="Relative to OBS_SEGMENT_ROOT.", max_length=255),
                ),
                migrations.AddConstraint(
                    model_name="segment", constraint=models.UniqueConstraint(fields=("path",), name=NAME)
                ),
            ],
        ),
        migrations.RunSQL(VACUUM, VACUUM_BACK),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "work", "project_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("work", models.CharField(max_length=16)),
                ("served_at", models.DateTimeField()),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="events.project",
                    ),
                ),
            ],
        ),
    ]
