"""What lets ballots be counted without joining them with their picks: a pick's label, a ballot's number of picks."""

from django.db import migrations, models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    ballots = apps.get_model("studies", "Ballot").objects
    picks = apps.get_model("studies", "Pick").objects
    picks.update(label=Subquery(ballots.filter(pk=OuterRef("ballot")).values("label")))
    number = picks.filter(ballot=OuterRef("pk")).order_by().values("ballot").annotate(number=Count("pk"))
    ballots.update(picked=Coalesce(Subquery(number.values("number")), 0))


class Migration(migrations.Migration):
    dependencies = [("studies", "0011_naming")]

    operations = [
        migrations.AddField(
            "pick", "label", models.CharField(blank=True, default="", help_text="of the ballot", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            "ballot", "picked", models.PositiveIntegerField(default=0, help_text="number of picks"),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            "ballot", models.Index(condition=Q(picked=0), fields=["trial"], name="ballots_without_picks")
        ),
    ]  # fmt: skip
