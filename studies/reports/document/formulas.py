"""The formulas behind a report's figures, and where they are from."""

from __future__ import annotations

#: Figure, formula, source.
FORMULAS: tuple[tuple[str, str, str], ...] = (
    ("Votes of a sample", "distinct participants who picked it", "TrustSR protocol"),
    ("Ensemble", "mean of the n samples with most votes, floor(x + 0.5) once, at the end", "TrustSR protocol"),
    (
        "Mean of samples",
        "MSE(mean) = mean MSE − mean variance: every mean beats its average member, whoever chose",
        "identity; hence the random control",
    ),
    (
        "Chance threshold",
        "least v with P(V ≥ v) ≤ 0.05 / m; V Poisson-binomial with probabilities k_i / m",
        "Holm, Scand. J. Statist. 6, 1979, first step",
    ),
    (
        "Share, interval",
        "(k + z²/2 ± z √(k(N − k)/N + z²/4)) / (N + z²)",
        "Wilson, JASA 22, 1927",
    ),
    ("All labels at once", "the same at confidence 1 − (1 − c)/C", "Goodman, Technometrics 7, 1965"),
    ("Label against one half", "exact binomial test, two-sided", "binomial distribution"),
    ("Labels equally likely", "Pearson's chi-square; exact or by random draws where fewer than 5 are expected",
     "Pearson, Phil. Mag. 50, 1900"),
    ("Ambiguity", "−Σ p log2 p; index: divided by log2 C", "Shannon, Bell Syst. Tech. J. 27, 1948"),
    (
        "e-value",
        "B(½ + k, ½ + N − k) / (B(½, ½) p0^N), p0 = ½; P(E ≥ 1/α at any time) ≤ α",
        "Jeffreys mixture; Ville's inequality, 1939",
    ),
    ("p by random draws", "(1 + b) / (1 + draws), b draws at least as extreme",
     "Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010"),
    ("Agreement of picks", "mean Jaccard index of two people's picks, against random picks of as many",
     "permutation test"),
    ("Stability", "1 − mean[B/(B − 1) f(1 − f)] / [(n/m)(1 − n/m)] over resamples of participants",
     "Nogueira, Sechidis and Brown, JMLR 18, 2018"),
    ("Split-half", "2r / (1 + r), r the mean correlation of two halves", "Spearman, 1910; Brown, 1910"),
    ("Agreement on labels", "α = 1 − Do / De, nominal; interval by resamples of images",
     "Krippendorff, Content Analysis"),
    ("Labels by a model", "expectation-maximisation over labels and each person's confusions",
     "Dawid and Skene, Applied Statistics 28, 1979"),
    ("PSNR", "10 log10(1 / MSE), all channels, capped at 100 dB", "–"),
    ("SSIM", "Gaussian window of 11 pixels, σ = 1.5", "Wang et al., IEEE TIP 13, 2004"),
    ("LR consistency", "PSNR of the downscaled picture (MATLAB's bicubic, antialiased) to the LR image; mark 45 dB",
     "NTIRE 2021, learning the SR space"),
    ("Two methods", "Wilcoxon's signed ranks over images, adjusted by Holm", "Wilcoxon, 1945; Holm, 1979"),
    ("All methods", "Friedman's test; critical difference q √(k(k + 1) / 6n)",
     "Friedman, 1937; Nemenyi, 1963; Demšar, JMLR 7, 2006"),
    ("Opinion scores", "means with t intervals; screening, bias and weights of observers",
     "ITU-R BT.500-15; ITU-T P.913; ITU-T P.910"),
    ("Naming before and after", "two-sided binomial test of those who became right among those who changed",
     "McNemar, Psychometrika 12, 1947; exact"),
    ("Naming, all pictures", "Q = k(k − 1) Σ(G − mean G)² / Σ L(k − L), χ² with k − 1 degrees of freedom",
     "Cochran, Biometrika 37, 1950"),
    ("Pairs", "P(i over j) = exp(t_i) / (exp(t_i) + exp(t_j))", "Bradley and Terry, Biometrika 39, 1952"),
)  # fmt: skip
