"""The rating phase of a study: stimuli that are shown for an opinion score, who rates them, and the ratings."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studies.models.item import Item
from studies.models.participant import Participant
from studies.models.study import Study, new_seed

MAX_REPEATS = 50
MAX_PER_PERSON = 10_000
#: Scores of ACR and DCR: 5 is best.
SCORES = (1, 2, 3, 4, 5)


class Mode(models.TextChoices):
    """What is asked of stimuli: opinions, as ITU-T P.910 and P.913 describe them, or once more what they show."""

    ACR = "acr", "one picture at a time, bad to excellent (ACR)"
    DCR = "dcr", "beside the true picture, how annoying its faults are (DCR)"
    PAIRWISE = "pairwise", "two pictures side by side, which is better"
    NAMING = "naming", "one picture at a time, what it shows: the question and labels of the voting"


#: Modes that show one picture at a time, and those whose answer is a score.
ALONE, SCORED = (Mode.ACR, Mode.NAMING), (Mode.ACR, Mode.DCR)


class Who(models.TextChoices):
    """Who rates: those who chose the candidates have seen them, others look with fresh eyes."""

    SAME = "same", "people who have finished voting in this study"
    OTHERS = "others", "new people, who have not voted in this study"


class StimulusKind(models.TextChoices):
    """Where a stimulus comes from."""

    ENSEMBLE = "ensemble", "ensemble of the votes"
    CONTROL = "control", "random control"
    SINGLE = "single", "single sample"
    BICUBIC = "bicubic", "bicubic"
    METHOD = "method", "uploaded method"
    REFERENCE = "reference", "truth"


class Preference(models.TextChoices):
    """The answer to a pair."""

    FIRST = "first", "the left one"
    NONE = "none", "no difference"
    SECOND = "second", "the right one"


class Method(models.Model):
    """Results of another network for the items of a study, uploaded to be compared. Participants never see the name."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="methods")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="method_name_once")]

    def __str__(self) -> str:
        return self.name


class MethodImage(models.Model):
    """What a method made of one item, stored by content."""

    method = models.ForeignKey(Method, on_delete=models.CASCADE, related_name="images")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="of the stored 8-bit PNG file")
    file_name = models.CharField(max_length=200, help_text="as it was uploaded")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["item__position"]
        constraints = [models.UniqueConstraint(fields=["method", "item"], name="method_image_once")]

    def __str__(self) -> str:
        return f"{self.method} of {self.item}"


class RatingPhase(models.Model):
    """After the voting: how its pictures, and those of others, are rated. One per study.

    Settings are fixed once the first person has begun; closed_at is empty again when it is opened once more.
    """

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="rating_phase")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ACR)
    who = models.CharField(max_length=10, choices=Who.choices, default=Who.SAME)
    instructions = models.TextField(blank=True, help_text="Markdown; shown before the first picture")
    translations = models.JSONField(default=dict, blank=True, help_text="language: the instructions in it")
    hidden_reference = models.BooleanField(
        default=True, help_text="the truth is rated among the others, unannounced, where an item has one"
    )
    anchors = models.BooleanField(default=True, help_text="bicubic is rated among the others, as a low anchor")
    repeats = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(MAX_REPEATS)], help_text="ratings asked once more at the end"
    )
    per_person = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PER_PERSON)],
        help_text="ratings asked of one person at most, without repeats; empty: what fits into half an hour",
    )
    seed = models.BigIntegerField(default=new_seed, help_text="of controls, single samples, parts and orders")
    created_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="when stimuli were last asked for")
    error = models.TextField(blank=True, help_text="why stimuli could not be made")
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="rating_mode_known"),
            models.CheckConstraint(condition=Q(who__in=Who.values), name="rating_who_known"),
            models.CheckConstraint(condition=Q(repeats__lte=MAX_REPEATS), name="rating_repeats_in_range"),
            models.CheckConstraint(
                condition=Q(per_person=None) | Q(per_person__gte=1, per_person__lte=MAX_PER_PERSON),
                name="rating_part_in_range",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(opened_at__isnull=False), name="rating_closed_after_opened"
            ),
        ]

    def __str__(self) -> str:
        return f"rating phase of {self.study}"

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.closed_at is None


class Stimulus(models.Model):
    """One picture to be rated. sha256 is empty until a worker has made it; the stored file is what people see."""

    phase = models.ForeignKey(RatingPhase, on_delete=models.CASCADE, related_name="stimuli")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=StimulusKind.choices)
    method = models.ForeignKey(Method, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the stored 8-bit PNG file")
    provenance = models.JSONField(default=dict, help_text="what it is made of: see services.stimuli")
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "stimuli"
        constraints = [
            models.UniqueConstraint(
                fields=["phase", "item", "kind"], condition=Q(method=None), name="stimulus_kind_once"
            ),
            models.UniqueConstraint(fields=["phase", "item", "method"], name="stimulus_method_once"),
            models.CheckConstraint(condition=Q(kind__in=StimulusKind.values), name="stimulus_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=StimulusKind.METHOD, method__isnull=False)
                | (~Q(kind=StimulusKind.METHOD) & Q(method=None)),
                name="stimulus_method_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.condition} of {self.item}"

    @property
    def condition(self) -> str:
        """What is compared over items: the method's name, or the kind."""
        return self.method.name if self.method else str(self.kind)


class Rater(models.Model):
    """A participant in the rating phase. turn: 0, 1, ... by coming in; it balances orders over people."""

    phase = models.ForeignKey(RatingPhase, on_delete=models.CASCADE, related_name="raters")
    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="rater")
    turn = models.PositiveIntegerField()
    began_at = models.DateTimeField(default=timezone.now, help_text="when the instructions had been read")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["turn"]
        constraints = [models.UniqueConstraint(fields=["phase", "turn"], name="rater_turn_once")]

    def __str__(self) -> str:
        return f"rater {self.turn} of {self.phase}"


class RatingQuerySet(models.QuerySet["Rating"]):
    def given(self) -> RatingQuerySet:
        """Those that count: answered, by people who have not withdrawn. Repetitions are among them."""
        return self.filter(answered_at__isnull=False, rater__participant__withdrawn_at=None)


class Rating(models.Model):
    """One rating that is asked of one person, made when they begin; the answer is filled in, once.

    stimulus: what is rated, in a pair the left one; other: DCR's reference, or the right one of a pair
    repeat: 0, and 1 where the same is asked once more at the end
    """

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="ratings")
    number = models.PositiveIntegerField(help_text="place in this person's own order, from 1")
    stimulus = models.ForeignKey(Stimulus, on_delete=models.RESTRICT, related_name="ratings")
    other = models.ForeignKey(Stimulus, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    repeat = models.PositiveSmallIntegerField(default=0)
    shown_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    submission_id = models.UUIDField(
        unique=True, null=True, blank=True, help_text="made by the page, so that a repeat is harmless"
    )
    score = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 to 5, 5 is best")
    preference = models.CharField(max_length=10, choices=Preference.choices, blank=True)
    label = models.CharField(
        max_length=100, blank=True, help_text="what it shows: of the study's labels, or “cannot tell”"
    )
    response_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="by the clock of the page: from the picture on screen to the answer"
    )
    hidden_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="of these, while the page was in the background"
    )
    pixel_ratio = models.FloatField(null=True, blank=True, help_text="device pixels per CSS pixel")
    enlargement = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="device pixels per pixel of the picture, a whole number"
    )

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["rater", "number"], name="rating_number_once"),
            models.UniqueConstraint(
                fields=["rater", "stimulus", "repeat"], condition=Q(other=None), name="rating_of_one_once"
            ),
            models.UniqueConstraint(fields=["rater", "stimulus", "other", "repeat"], name="rating_of_two_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rating_numbers_from_one"),
            models.CheckConstraint(condition=Q(score=None) | Q(score__gte=1, score__lte=5), name="score_one_to_five"),
            models.CheckConstraint(condition=Q(preference__in=["", *Preference.values]), name="preference_known"),
            models.CheckConstraint(
                condition=Q(answered_at=None, score=None, preference="", label="")
                | Q(answered_at__isnull=False, score__isnull=False, preference="", label="")
                | (Q(answered_at__isnull=False, score=None, label="") & ~Q(preference=""))
                | (Q(answered_at__isnull=False, score=None, preference="") & ~Q(label="")),
                name="rating_answered_with_one_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"rating {self.number} of {self.rater}"
