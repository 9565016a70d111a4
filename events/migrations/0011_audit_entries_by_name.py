from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0010_drop_first_hour"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="auditentry",
            options={"ordering": ["-id"], "verbose_name_plural": "audit entries"},
        ),
    ]
