from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns with a default that the database knows: no table is written anew."""

    dependencies = [
        ("events", "0025_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="issue",
            name="priority",
            field=models.CharField(
                blank=True,
                choices=[("high", "High"), ("medium", "Medium"), ("low", "Low")],
                db_default="",
                default="",
                help_text="What somebody set; empty: as the level says.",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="source_url",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Address of a line of source, with {path}, {line} and {ref}; empty: frames lead nowhere.",
                max_length=500,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="source_root",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What file names of stack traces begin with and the repository's do not.",
                max_length=200,
            ),
        ),
    ]
