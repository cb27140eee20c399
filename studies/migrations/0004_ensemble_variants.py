"""What else could be made of the votes, beside each evaluation's ensemble. Earlier evaluations have no such rows."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inference", "0004_ensemble_rules"),
        ("studies", "0005_rating_phase"),
    ]

    operations = [
        migrations.CreateModel(
            name="VariantSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(help_text="of votes, labels, marks, tie rule and version", max_length=64),
                ),
                ("plan", models.JSONField(default=list, help_text="recipes; see aggregation.variants")),
                (
                    "figures",
                    models.JSONField(blank=True, default=dict, help_text="readings compared; see services.variants"),
                ),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                (
                    "evaluation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variant_sets",
                        to="studies.evaluation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("evaluation", "digest"), name="variant_set_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="which of the plan", max_length=50)),
                (
                    "figures",
                    models.JSONField(blank=True, default=dict, help_text="measures of the 8-bit picture"),
                ),
                (
                    "ensemble",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inference.ensemble"
                    ),
                ),
                (
                    "variant_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="studies.variantset",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("variant_set", "key"), name="variant_once")],
            },
        ),
    ]
