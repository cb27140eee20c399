from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0003_participants_side"),
    ]

    operations = [
        migrations.AddField(
            model_name="trial",
            name="draft_confidence",
            field=models.PositiveSmallIntegerField(blank=True, help_text="so far, as in Ballot", null=True),
        ),
        migrations.AddField(
            model_name="trial",
            name="draft_region",
            field=models.JSONField(blank=True, default=dict, help_text="so far, as in Ballot"),
        ),
    ]
