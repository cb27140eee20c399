import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0004_ensemble_variants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="plan",
            field=models.JSONField(
                blank=True, default=dict, help_text="who is left out, when to stop, how sure: services.plan"
            ),
        ),
        migrations.CreateModel(
            name="AnalysisVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="2, 3, ... within the study")),
                (
                    "changes",
                    models.JSONField(
                        help_text="what differs from the protocol: ensemble_size, tie_rule, fields of the plan"
                    ),
                ),
                ("reason", models.TextField(help_text="why; it stands in the report")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sha256", models.CharField(help_text="of the whole analysis: services.versions", max_length=64)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="analysis_versions",
                        to="studies.study",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("study", "number"), name="analysis_version_once"),
                    models.CheckConstraint(condition=models.Q(("number__gte", 2)), name="analysis_versions_from_two"),
                ],
            },
        ),
    ]
