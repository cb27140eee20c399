"""Ensembles by other rules than the mean: parts of the picture, and the LR residual as a stored map."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inference", "0003_faults_of_old_redraws")]

    operations = [
        migrations.AddField(
            model_name="ensemble",
            name="parts",
            field=models.JSONField(
                blank=True, default=dict, help_text="which member shows where; see inference.ensembles"
            ),
        ),
        migrations.AddField(
            model_name="ensemble",
            name="residual_sha256",
            field=models.CharField(blank=True, help_text="float32 TIFF, |downscaled - LR|", max_length=64),
        ),
    ]
