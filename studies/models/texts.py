"""What a study says to its participants: in further languages, in pictures, and as they agreed to it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from studies.models.study import Study


class StudyText(models.Model):
    """The study's texts in one more language. What is empty here is shown in the study's own language.

    labels: as many as the study's, in the same order; ballots always hold the study's own.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10)
    question = models.CharField(max_length=300, blank=True)
    labels = models.JSONField(default=list, blank=True)
    instructions = models.TextField(blank=True)
    introduction = models.TextField(blank=True)
    consent_text = models.TextField(blank=True)
    questionnaire = models.JSONField(default=list, blank=True)
    feedback = models.JSONField(default=dict, blank=True, help_text="position of a practice item: text")

    class Meta:
        ordering = ["language"]
        constraints = [models.UniqueConstraint(fields=["study", "language"], name="study_text_once_per_language")]

    def __str__(self) -> str:
        return f"{self.language} texts of {self.study}"


class StudyPicture(models.Model):
    """A picture of the study's introduction or feedback, stored by its sha256 and shown by its name."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="pictures")
    name = models.SlugField(max_length=50)
    sha256 = models.CharField(max_length=64, help_text="of the stored PNG file")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="study_picture_name_once")]

    def __str__(self) -> str:
        return self.name


class ConsentVersion(models.Model):
    """A consent text that somebody has agreed to: kept, whatever the study says later."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consent_versions")
    language = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64, help_text="of the text, UTF-8")
    text = models.TextField()
    first_agreed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["study", "sha256"], name="consent_version_once")]

    def __str__(self) -> str:
        return f"consent {self.sha256[:8]} of {self.study}"
