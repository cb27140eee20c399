from django.db import migrations


def name_the_fault(apps, schema_editor):
    """Before 0002 only a result that was not finite was drawn again, so that the reason was not stored."""
    samples = apps.get_model("inference", "Sample").objects.using(schema_editor.connection.alias)
    samples.filter(attempt__gt=0, fault="").update(fault="not finite")


class Migration(migrations.Migration):

    dependencies = [
        ("inference", "0002_health_and_provenance"),
    ]

    operations = [
        migrations.RunPython(name_the_fault, migrations.RunPython.noop),
    ]
