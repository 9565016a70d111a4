"""What was seen of traces in slices of two days, whose files are given back instead of rows deleted."""

from importlib import import_module
from typing import Any

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

briefly = import_module("events.migrations.0030_inbox_slices").briefly

# What is there becomes the slice that takes what comes now, under the name it has: the version before goes on with it
# beside, and both tell the same spans. A default that is the same for all rows is not written to them, and a constraint
# that is validated beside readers and writers spares the look through the rows under the lock.
READY = """
ALTER TABLE ingest_seen_trace DROP COLUMN IF EXISTS slice;
DO $$ BEGIN
    EXECUTE format(
        'ALTER TABLE ingest_seen_trace ADD COLUMN slice smallint DEFAULT %s NOT NULL,'
        ' ADD CONSTRAINT ingest_seen_trace_slice CHECK (slice = %1$s) NOT VALID',
        floor(extract(epoch FROM now()) / 172800)::bigint % 3
    );
END $$;
"""
VALID = "ALTER TABLE ingest_seen_trace VALIDATE CONSTRAINT ingest_seen_trace_slice"
SLICED = """
CREATE TABLE ingest_seen_span (LIKE ingest_seen_trace INCLUDING STORAGE) PARTITION BY LIST (slice);
DO $$
DECLARE
    first smallint := (SELECT pg_get_expr(adbin, adrelid)::smallint FROM pg_attrdef
                       JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
                       WHERE adrelid = 'ingest_seen_trace'::regclass AND attname = 'slice');
BEGIN
    EXECUTE format('ALTER TABLE ingest_seen_span ATTACH PARTITION ingest_seen_trace FOR VALUES IN (%s)', first);
    ALTER TABLE ingest_seen_trace DROP CONSTRAINT ingest_seen_trace_slice;
    FOR n IN 0 .. 2 LOOP
        CONTINUE WHEN n = first;
        EXECUTE format('CREATE TABLE ingest_seen_span_%s PARTITION OF ingest_seen_span'
                       ' (PRIMARY KEY (project_id, trace_id)) FOR VALUES IN (%s)', n, n);
        EXECUTE format('CREATE INDEX ingest_seen_span_%s_age ON ingest_seen_span_%s'
                       ' USING brin (seen_at) WITH (pages_per_range = 32)', n, n);
    END LOOP;
END $$;
"""
WHOLE = """
LOCK TABLE ingest_seen_span IN ACCESS EXCLUSIVE MODE;
ALTER TABLE ingest_seen_span DETACH PARTITION ingest_seen_trace;
ALTER TABLE ingest_seen_trace DROP COLUMN slice;
INSERT INTO ingest_seen_trace AS old (project_id, trace_id, seen_at, spans)
    SELECT project_id, trace_id, max(seen_at), string_agg(spans, '') FROM ingest_seen_span GROUP BY 1, 2
    ON CONFLICT (project_id, trace_id)
    DO UPDATE SET spans = old.spans || excluded.spans, seen_at = greatest(old.seen_at, excluded.seen_at);
DROP TABLE ingest_seen_span;
"""

# The application's role owns no table, so this runs as their owner. A slice goes when it holds nothing that is younger,
# whatever anybody's clock says: the look under the lock decides. Who is at one is not waited for; it goes next time.
# Of the two clocks the earlier one says what is old.
FORGET = """
CREATE FUNCTION ingest_seen_span_forget(a_before timestamptz) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' SET enable_seqscan = off AS $$
DECLARE
    before timestamptz := least(a_before, now() - interval '2 days');
    name regclass;
    holds boolean;
    emptied integer := 0;
BEGIN
    FOR name IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'ingest_seen_span'::regclass LOOP
        CONTINUE WHEN pg_relation_size(name) = 0;
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE seen_at >= $1)', name) INTO holds USING before;
        CONTINUE WHEN holds;
        BEGIN
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', name);
            EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE seen_at >= $1)', name) INTO holds USING before;
            CONTINUE WHEN holds;
            EXECUTE format('TRUNCATE %s', name);
            emptied := emptied + 1;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
    RETURN emptied;
END $$;
REVOKE EXECUTE ON FUNCTION ingest_seen_span_forget(timestamptz) FROM PUBLIC;
"""
FORGET_BACK = "DROP FUNCTION ingest_seen_span_forget(timestamptz)"


def is_sliced(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ingest_seen_span') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def cut(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    if is_sliced(connection):
        return
    briefly(connection, READY)
    with connection.cursor() as cursor:
        cursor.execute(VALID)
    briefly(connection, SLICED)


def join(apps: Any, schema_editor: Any) -> None:
    if is_sliced(schema_editor.connection):
        briefly(schema_editor.connection, WHOLE)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0030_inbox_slices")]

    operations = [
        migrations.RunPython(cut, join),
        migrations.RunSQL(FORGET, FORGET_BACK),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("SeenTrace"),
                migrations.CreateModel(
                    name="SeenTrace",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "project_id", "trace_id", "slice", blank=True, editable=False, primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("trace_id", models.UUIDField()),
                        ("slice", models.SmallIntegerField()),
                        ("seen_at", models.DateTimeField()),
                        ("spans", models.BinaryField()),
                        (
                            "project",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="events.project",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "ingest_seen_span",
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["seen_at"], name="seen_trace_age", pages_per_range=32
                            )
                        ],
                    },
                ),
            ],
        ),
    ]  # fmt: skip
