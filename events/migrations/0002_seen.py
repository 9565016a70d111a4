import django.db.models.deletion
from django.db import migrations, models

SEEN = """
CREATE TABLE ingest_seen (
    day date NOT NULL,
    project_id bigint NOT NULL,
    kind varchar(16) NOT NULL,
    item_id uuid NOT NULL,
    PRIMARY KEY (project_id, kind, item_id, day)
) PARTITION BY RANGE (day);
CREATE TABLE ingest_seen_default PARTITION OF ingest_seen DEFAULT;
"""

# Payloads are zstd already; compressing them once more costs CPU and saves nothing.
STORAGE = """
ALTER TABLE ingest_inbox ALTER COLUMN payload SET STORAGE EXTERNAL, ALTER COLUMN blob SET STORAGE EXTERNAL;
ALTER TABLE events_occurrence ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE events_deadletter ALTER COLUMN payload SET STORAGE EXTERNAL, ALTER COLUMN blob SET STORAGE EXTERNAL;
ALTER TABLE events_attachment ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE events_artifact ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE ingest_outcome SET (fillfactor = 50);
"""

# The audit trail refuses changes even from this application's own connection.
AUDIT = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON events_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON events_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""
AUDIT_BACK = """
DROP TRIGGER audit_append_only ON events_auditentry;
DROP TRIGGER audit_no_truncate ON events_auditentry;
DROP FUNCTION audit_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.RunSQL(
            SEEN,
            "DROP TABLE ingest_seen",
            state_operations=[
                migrations.CreateModel(
                    name="Seen",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "project_id",
                                "kind",
                                "item_id",
                                "day",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("kind", models.CharField(max_length=16)),
                        ("item_id", models.UUIDField()),
                        ("day", models.DateField()),
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
                    options={"db_table": "ingest_seen"},
                )
            ],
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(AUDIT, AUDIT_BACK),
    ]
