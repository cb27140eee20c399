import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0007_analysis_plan")]

    operations = [
        migrations.CreateModel(
            name="Imported",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(help_text="sha256 of the export's manifest.json", max_length=64, unique=True),
                ),
                (
                    "code_version",
                    models.CharField(blank=True, help_text="of the installation that exported it", max_length=50),
                ),
                ("imported_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="imported", to="studies.study"
                    ),
                ),
            ],
            options={"verbose_name_plural": "imported studies"},
        ),
    ]
