from django.db import migrations

# Partitions are made and dropped at run time by the application, whose role owns no table: these run as their owner.
# They take a Monday and nothing else, so they reach no other table.
FUNCTIONS = """
CREATE FUNCTION ingest_seen_name(start date) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF start IS NULL OR extract(isodow FROM start) <> 1 THEN RAISE EXCEPTION 'a partition begins on a Monday'; END IF;
    RETURN 'ingest_seen_' || to_char(start, 'YYYYMMDD');
END $$;

CREATE FUNCTION ingest_seen_make(start date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE name text := ingest_seen_name(start);
BEGIN
    EXECUTE format(
        'CREATE TABLE %I (LIKE ingest_seen INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name
    );
    -- Rows of its range that waited in the default partition move into it.
    EXECUTE format(
        'WITH moved AS (DELETE FROM ingest_seen_default WHERE day >= $1 AND day < $2 RETURNING *)'
        ' INSERT INTO %I TABLE moved', name
    ) USING start, start + 7;
    EXECUTE format('ALTER TABLE ingest_seen ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, start, start + 7);
END $$;

CREATE FUNCTION ingest_seen_drop(start date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE %I', ingest_seen_name(start));
END $$;

REVOKE EXECUTE ON FUNCTION ingest_seen_make(date), ingest_seen_drop(date) FROM PUBLIC;
"""
BACK = "DROP FUNCTION ingest_seen_make(date), ingest_seen_drop(date), ingest_seen_name(date)"


class Migration(migrations.Migration):
    dependencies = [("events", "0016_audit_numbers")]

    operations = [migrations.RunSQL(FUNCTIONS, BACK)]
