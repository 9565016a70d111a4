from django.db import migrations

COUNT = """
CREATE OR REPLACE FUNCTION ingest_count(
    a_project bigint, a_hour timestamptz, a_category varchar, a_outcome varchar, a_slot smallint, a_quantity bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ingest_outcome SET quantity = quantity + a_quantity WHERE project_id = a_project AND hour = a_hour
        AND category = a_category AND outcome = a_outcome AND reason = '' AND slot = a_slot;
    IF NOT FOUND THEN
        INSERT INTO ingest_outcome AS o (project_id, hour, category, outcome, reason, slot, quantity)
            VALUES (a_project, a_hour, a_category, a_outcome, '', a_slot, a_quantity)
            ON CONFLICT (project_id, hour, category, outcome, reason, slot)
            DO UPDATE SET quantity = o.quantity + excluded.quantity;
    END IF;
END $$;
"""

# One item: remember its id, keep it when it is new, write the ledger. A function, because its plans are made once:
# as one statement of five parts the same work costs PostgreSQL twice as much.
ACCEPT = """
CREATE OR REPLACE FUNCTION ingest_accept(
    a_project bigint, a_key bigint, a_now timestamptz, a_week date, a_oldest date, a_slot smallint,
    a_kind varchar, a_id uuid, a_quantity integer, a_payload bytea, a_blob bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    hour_of timestamptz := date_trunc('hour', a_now, 'UTC');
    is_new boolean;
BEGIN
    is_new := NOT EXISTS (SELECT FROM ingest_seen WHERE project_id = a_project AND kind = a_kind AND item_id = a_id
                          AND day >= a_oldest AND day < a_week);
    IF is_new THEN
        INSERT INTO ingest_seen (day, project_id, kind, item_id) VALUES (a_week, a_project, a_kind, a_id)
            ON CONFLICT DO NOTHING;
        is_new := FOUND;
    END IF;
    IF is_new THEN
        INSERT INTO ingest_inbox (project_id, key_id, kind, item_id, quantity, received_at, payload, blob)
            VALUES (a_project, a_key, a_kind, a_id, a_quantity, a_now, a_payload, a_blob);
    ELSE
        PERFORM ingest_count(a_project, hour_of, a_kind, 'duplicate', a_slot, a_quantity);
    END IF;
    PERFORM ingest_count(a_project, hour_of, a_kind, 'received', a_slot, a_quantity);
    RETURN is_new;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0002_seen")]

    operations = [
        migrations.RunSQL(COUNT, "DROP FUNCTION ingest_count"),
        migrations.RunSQL(ACCEPT, "DROP FUNCTION ingest_accept"),
    ]
