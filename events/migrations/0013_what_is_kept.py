from django.db import migrations, models

# Constant defaults that the database keeps: no row is written anew, the lock is that of a change of the catalogue, and
# a process of before, which does not know the columns, may still make a project.


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_accept_all"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="keeps_machine_names",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Keep names of servers and ids of devices as sent. Off, equal names have equal pseudonyms.",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="keeps_pictures",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Keep pictures, drawn anew without metadata. What they show is kept: names, messages, balances.",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="local_variables",
            field=models.CharField(
                choices=[("off", "not kept"), ("names", "names only"), ("scrubbed", "scrubbed")],
                db_default="names",
                default="names",
                help_text="Of a frame's variables: not kept; their names; or values too, scrubbed, which tell why it failed and may show what people typed.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="query_strings",
            field=models.CharField(
                choices=[("off", "not kept"), ("names", "names only"), ("scrubbed", "scrubbed")],
                db_default="off",
                default="off",
                help_text="Of query strings beside utm_* and ref: not kept; their parameters; or values too, scrubbed, which tell the page's state and may tell what somebody searched for.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="request_bodies",
            field=models.CharField(
                choices=[("off", "not kept"), ("names", "names only"), ("scrubbed", "scrubbed")],
                db_default="off",
                default="off",
                help_text="Of bodies of requests and messages: not kept; their fields; or values too, scrubbed, which make a failure repeatable and are what people sent.",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="accepts_binary_attachments",
            field=models.BooleanField(
                default=False,
                help_text="Keep other binary files as sent. No scrubber reads them: what they hold is stored.",
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="collects_user_data",
            field=models.BooleanField(
                default=False,
                help_text="Keep ids and names of users as sent; addresses of e-mail are scrubbed all the same.",
            ),
        ),
    ]
