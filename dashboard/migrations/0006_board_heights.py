from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0005_account_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="boardcard",
            name="height",
            field=models.CharField(
                blank=True, choices=[("short", "low"), ("", "usual"), ("tall", "high")], default="", max_length=5
            ),
        ),
    ]
