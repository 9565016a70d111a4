from django.db import migrations, models


class Migration(migrations.Migration):
    """A column with a constant default: PostgreSQL writes no row for it, however long the trail is."""

    dependencies = [("events", "0015_grouping_rules")]

    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="mac_version",
            field=models.PositiveSmallIntegerField(db_default=0, editable=False),
        ),
    ]
