"""README.txt of an export: what is inside, and how to check it."""

from __future__ import annotations

from studies.exports.manifest import PUBLIC

FILE = "README.txt"

_TEXT = """\
Export of a TrustSR study
=========================

results.json         everything that a figure of the study depends on: protocol, sampler, weights, seeds,
                     versions, and per item the pool with its votes, the labels, the selection, the ensemble
                     and its random control
ballots.csv          the votes: one row per pick, and one row for a ballot without picks
participants.csv     who took part, by pseudonym; simulated participants are marked
trials.csv           every answer, also to practice items, attention checks and repetitions: times, confidence, screen
exposures.csv        which candidate was on whose screen for how long, and where
events.csv           what happened in each trial: picks taken and given back, pages turned, the window left
viewing_checks.csv   what was measured of participants' screens, and which rules were not met
questionnaire.csv    the answers to the questions at the end
raters.csv           who rated, and when
ratings.csv          the opinion scores: one row per rating that was asked for
consent_versions.csv the consent texts that were agreed to
consent/             these texts, as they were read
samples.csv          the candidate images with seeds, votes, exposures and LR consistency; those made from others
                     name them
families.csv         votes by family of candidates: by the weights that drew them, where several are mixed
variants.csv         every ensemble of every item, by rule and weights, with its figures
codebook.csv         every column of these tables, explained
NAME.parquet         the same tables in Parquet, where the export was written by a command
results.schema.json  the JSON Schema of results.json (draft 2020-12)
study.json           what no figure depends on: practice items, attention checks, pictures of texts, the weights,
                     uploaded methods, and the rating phase
tables/              what people saw, and how the images compare, as Markdown, LaTeX (package booktabs) and CSV
pictures/            the pictures of the study's texts
stimuli/ITEM/        the pictures that were rated, as study.json lists them; of a study without ratings none
methods/ITEM/        what uploaded methods made of it, as study.json lists them
low_res/ITEM.png     the low-resolution (LR) images shown
samples/ITEM/N.png   the candidates, byte for byte as people saw them
ensembles/ITEM/      the ensemble as ensemble.png (8 bits), ensemble-16bit.png and ensemble.tiff (32-bit float,
                     0 to 1), spread.tiff: the standard deviation over its members (ddof 1, 32-bit float), and
                     residual.tiff: |downscaled ensemble.png - LR image|, both rounded to 8 bits, 0 to 1
ensembles/ITEM/KEY/  the same files of its variants: other rules and weights, one label's votes alone, parts of the
                     picture, and what nobody chose; variants.csv says which is which
truth/ITEM.png       the hidden ground truth, only where it was asked for
croissant.json, ro-crate-metadata.json
                     what this is, for catalogues: MLCommons Croissant 1.0 and RO-Crate 1.1
manifest.json        level, sha256 and size of every other file, and the parents of samples made from others

ITEM is the item's position in the study, N a sample's index in the item's pool; both count from 0.

Tables are UTF-8 CSV (RFC 4180). A text that begins with one of = + - @ tab, carriage return, line feed or an
apostrophe has one apostrophe in front of it, so that no spreadsheet runs it as a formula; take it off to read
the text. Numbers are written plainly.

To check this export, without the database it came from:

    manage.py verify_export THIS_FOLDER_OR_ZIP

It compares every file with manifest.json, counts the votes anew from ballots.csv and the exposures from
exposures.csv, replays each participant's order from its seed and turn, chooses anew under the study's tie rule,
rebuilds every ensemble from the samples, to the bit, and computes label shares, votes by family, random controls and
metrics anew (those against the truth where the truth is inside). trials.csv must agree with ballots.csv, every consent
text with its sha256, and the protocol with protocol_sha256.
By hand: ensembles/ITEM/ensemble.png is the mean of its members' stored values (results.json names them), taken exactly
and rounded half up once: (2 * sum + n) // (2 * n) for 8 bits.
"""

_PUBLIC = """
This export is public: participants have numbers in an order drawn at random, times are days, and nothing is in it of
anybody's screen, language, door or own words. What was on whose screen and where it stood (exposures.csv, events.csv,
viewing_checks.csv, positions) and when people came to rate (raters.csv) is left out with it, because the order in
which people came would follow from it.
verify_export says which checks this leaves out; the internal export has them all.
"""


def text(level: str) -> str:
    """README.txt of an export of this level."""
    return _TEXT + (_PUBLIC if level == PUBLIC else "")
