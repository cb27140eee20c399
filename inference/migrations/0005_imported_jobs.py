import hashlib

from django.db import migrations, models


def name_the_imported(apps, schema_editor):
    """Jobs that count as done and were never begun came with imported studies, under the digest of a request here."""
    jobs = apps.get_model("inference", "GenerationJob").objects.using(schema_editor.connection.alias)
    for pk, digest in list(jobs.filter(state="done", started_at=None).values_list("pk", "digest")):
        own = hashlib.sha256(f"import||{digest}".encode()).hexdigest()
        jobs.filter(pk=pk).update(digest=own, imported_digest=digest)


class Migration(migrations.Migration):

    dependencies = [("inference", "0004_ensemble_rules")]

    operations = [
        migrations.AddField(
            model_name="generationjob",
            name="imported_digest",
            field=models.CharField(
                blank=True,
                default="",
                help_text="of the request that drew the samples elsewhere; nobody asked for it here",
                max_length=64,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(name_the_imported, migrations.RunPython.noop),
    ]
