"""What the scripts of participants' pages say, in the language of the page; {names} are filled in by texts.js.

Counts stand beside words that need no plural: "Picked: {count} of {most}".
"""

from __future__ import annotations

from django.utils.translation import gettext as _


def sentences() -> dict[str, str]:
    """Key -> sentence, for `{{ ...|json_script:"sentences" }}`."""
    return {
        "retry": _("Retry"),
        "loading_image": _("Loading the image …"),
        "no_image": _("The image could not be loaded."),
        "loading_candidates": _("Loading the candidates …"),
        "no_candidates": _("The candidates could not be loaded."),
        "the_image": _("The image"),
        "candidate": _("Candidate {number}"),
        "show_candidate": _("Show candidate {number}"),
        "take_back": _("Take back"),
        "take_back_candidate": _("Take back candidate {number}"),
        "picked": _("{count} of {most} picked"),
        "full": _("Take one back first."),
        "exactly_missing": _("Pick {count} more to go on."),
        "at_least_missing": _("Pick {count} or more to go on."),
        "may_pick": _("You may pick {count} more."),
        "no_more": _("That is all you can pick."),
        "magnified": _("Magnified {zoom} times, {x} percent from the left, {y} percent from the top."),
        "not_magnified": _("Not magnified."),
        "page": _("Page {page} of {pages}"),
        "look_at": _("Look at page {page}"),
        "unseen": _("Still to look at: page {pages}."),
        "review": _("Review your picks"),
        "ready": _("Send them when you are done."),
        "say_how_sure": _("Say how sure you are."),
        "three_corners": _("Set three corners or more, or clear them."),
        "cross": _("{x} percent from the left, {y} percent from the top"),
        "corners": _("Corners: {count}"),
    }
