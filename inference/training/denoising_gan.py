"""One step of training a denoising diffusion GAN that answers a low-resolution image: who makes what small.

The losses are those of Wang et al., 2023, equation 18, with two changes that their text leaves room for. Their
regression of the noise is the energy score of two samples of the clean details (`scores`), since a plain regression
ends diversity; and their terms on features of a downloaded network are gradients and filter statistics of the images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from inference.samplers.device import low_precision
from inference.samplers.lddpm.network import LatentFeatureNetworks
from inference.samplers.lddpm.scheduler import DenoisingGANScheduler
from inference.training.adversarial import Move
from inference.training.discriminator import Discriminator
from inference.training.loops import step_generator
from inference.training.losses import spread_steps
from inference.training.pictures import Pictures
from inference.training.scores import distance, energy, slopes, texture

SCHEDULE = {"num_train_timesteps": 4, "beta_min": 0.1, "beta_max": 20.0}


@dataclass(frozen=True)
class Terms:
    """Weights of the losses.

    score, posterior: energy scores of samples whose codes are the prior's and the CVAE's posterior's
    content: how much their gradients count beside the details themselves, which count 1
    divergence: of the posterior from the prior, in nats per number of the code; volume: the flow's log |det|, squared
    penalty, penalty_every: R1 of the discriminator, and in which steps it is due
    """

    adversarial: float
    score: float = 3.0
    posterior: float = 1.5
    content: float = 1.0
    style: float = 0.3
    divergence: float = 0.05
    volume: float = 0.01
    penalty: float = 0.02
    penalty_every: int = 16


class Game:
    """One step of the training: what the generator draws, and what both networks make of it."""

    def __init__(
        self,
        terms: Terms,
        switches: Mapping[str, bool],
        networks: LatentFeatureNetworks,
        critic: Discriminator | None,
        pictures: Pictures,
        *,
        batch: int,
        seed: int,
    ) -> None:
        self.terms, self.switches, self.networks, self.critic = terms, switches, networks, critic
        self.pictures, self.batch, self.seed = pictures, batch, seed
        self.scheduler = DenoisingGANScheduler(**SCHEDULE)
        networks.low_res.requires_grad_(False)  # else what counts as detail would move while the chain learns it

    def play(self, step: int, dice: torch.Generator) -> Move:
        """Draw a batch, let the generator answer, and say what each network is to make small."""
        networks, scheduler, device = self.networks, self.scheduler, self.pictures.device
        pair = self.pictures.batch(self.batch, dice)
        with low_precision(device):
            condition = networks.condition(pair.low * 2 - 1)
        base = condition.base
        truth = networks.details(networks.to_grid(pair.high * 2 - 1), base)
        steps = spread_steps(len(truth), dice, len(scheduler.timesteps)).to(device)
        nearer, state = scheduler.pair(truth, steps, _noise(truth, dice), _noise(truth, dice))
        with low_precision(device):
            rows, code, divergence = self._codes(truth, dice)
            clean, volume = networks.predict_with_volume(state[rows], steps[rows], code, condition.take(rows))
        allowed = networks.within(clean, base[rows])
        made = scheduler.posterior(allowed, state[rows], steps[rows], _noise(clean, dice))
        real = tuple(networks.to_pixels(maps) for maps in (nearer, state, base))
        fake = (networks.to_pixels(made), *(maps[rows] for maps in real[1:]))

        def network_loss() -> torch.Tensor:
            loss = self._fidelity(clean, truth, base / networks.residual, rows) + self.terms.divergence * divergence
            loss = loss + self.terms.volume * volume.square().mean()
            if self.critic is not None:
                with low_precision(device):
                    said = self.critic(*fake, steps[rows])
                loss = loss + self.terms.adversarial * functional.softplus(-said).mean()
            return loss

        def critic_loss() -> torch.Tensor:
            due = step % self.terms.penalty_every == 0
            return self._critic_loss(real, tuple(maps.detach() for maps in fake), steps, rows, due)

        return Move(network_loss, critic_loss if self.critic is not None else None)

    def _codes(self, truth: torch.Tensor, dice: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Which pictures are drawn, with which codes, and how far the posterior is from the prior (in nats).

        With a code: all pictures twice from the prior, then the first quarter of them twice from the posterior.
        """
        networks, count = self.networks, len(truth)
        every = torch.arange(count, device=truth.device)
        shape = (networks.code_channels, *truth.shape[2:])
        if not self.switches["use_cvae"]:
            return every, truth.new_zeros(count, *shape), truth.new_zeros(())
        first = every[: max(1, count // 4)]
        mean, log_variance = networks.posterior(truth[first])
        fresh = torch.randn((2 * count + 2 * len(first), *shape), generator=dice).to(truth.device)
        told = mean.repeat(2, 1, 1, 1) + (log_variance / 2).exp().repeat(2, 1, 1, 1) * fresh[2 * count :]
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2
        return torch.cat([every, every, first, first]), torch.cat([fresh[: 2 * count], told]), divergence

    def _fidelity(
        self, clean: torch.Tensor, truth: torch.Tensor, base: torch.Tensor, rows: torch.Tensor
    ) -> torch.Tensor:
        """Energy scores of the two samples from the prior and the two from the posterior; content; style.

        The posterior's are scored like the prior's: a plain distance would reward codes that say nothing but "now
        show the average". base: the average image on the scale of the details
        """
        terms, count, pixels = self.terms, len(truth), self.networks.to_pixels
        first = (len(clean) - 2 * count) // 2

        def score(answers: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            if len(answers) == count:
                return terms.score * distance(answers, target)
            one, two, three, four = answers.split([count, count, first, first])
            told = energy(three, four, target[:first])
            return terms.score * energy(one, two, target) + terms.posterior * told

        loss = score(clean, truth)
        if self.switches["use_content"]:
            views = zip(slopes(pixels(clean)), slopes(pixels(truth)), strict=True)
            loss = loss + terms.content * torch.stack([score(answers, target) for answers, target in views]).sum()
        if self.switches["use_style"]:
            wanted = texture(pixels(truth + base))
            found = texture(pixels(clean + base[rows]))
            loss = loss + terms.style * (found - wanted[rows]).square().mean()
        return loss

    def _critic_loss(
        self,
        real: tuple[torch.Tensor, ...],
        fake: tuple[torch.Tensor, ...],
        steps: torch.Tensor,
        rows: torch.Tensor,
        penalise: bool,
    ) -> torch.Tensor:
        """Equation 13, and now and then R1 (Mescheder et al. 2018), whose second derivatives need float32."""
        assert self.critic is not None
        with low_precision(self.pictures.device):
            on_fake = self.critic(*fake, steps[rows])
        if penalise:
            nearer = real[0].detach().requires_grad_(True)
            on_real = self.critic(nearer, *real[1:], steps)
            (slope,) = torch.autograd.grad(on_real.sum(), nearer, create_graph=True)
            penalty = self.terms.penalty * slope.square().sum(dim=(1, 2, 3)).mean() * self.terms.penalty_every
        else:
            with low_precision(self.pictures.device):
                on_real = self.critic(*real, steps)
            penalty = on_real.new_zeros(())
        return functional.softplus(-on_real).mean() + functional.softplus(on_fake).mean() + penalty

    @torch.no_grad()
    def fit_flow(self) -> None:
        """Let the flow's actnorms standardise their first batch, before anything is trained."""
        dice = step_generator(self.seed, "flow", 0)
        networks = self.networks
        pair = self.pictures.batch(self.batch, dice)
        condition = networks.condition(pair.low * 2 - 1)
        truth = networks.details(networks.to_grid(pair.high * 2 - 1), condition.base)
        steps = spread_steps(len(truth), dice, len(self.scheduler.timesteps)).to(truth.device)
        state = self.scheduler.add_noise(truth, _noise(truth, dice), steps + 1)
        code = torch.randn((len(truth), networks.code_channels, *truth.shape[2:]), generator=dice).to(truth.device)
        networks.predict_with_volume(state, steps, code, condition, fit=True)

    def watch(self, average: nn.Module) -> dict[str, float]:
        """How much samples vary, for whoever watches the bar: a collapse is seen while it happens."""
        assert isinstance(average, LatentFeatureNetworks)
        return {"variation": self.variation(average, samples=4)}

    @torch.no_grad()
    def variation(self, networks: LatentFeatureNetworks, pictures: int = 4, samples: int = 16) -> float:
        """Mean standard deviation of a pixel, on the 8-bit scale, over samples of the same low-resolution image."""
        dice = step_generator(self.seed, "variation", 0)
        low = self.pictures.batch(pictures, dice).low * 2 - 1
        with low_precision(low.device):
            condition = networks.condition(low).take(torch.arange(pictures, device=low.device).repeat(samples))
            state = _noise(condition.base, dice)
            for step in self.scheduler.timesteps:
                shape = (len(state), networks.code_channels, *state.shape[2:])
                code = torch.randn(shape, generator=dice).to(state.device)
                clean = networks.predict(state, step.to(state.device).expand(len(state)), code, condition)
                allowed = networks.within(clean, condition.base)
                state = self.scheduler.step(allowed, step, state, _noise(state, dice)).prev_sample
        images = (networks.images(state, condition.base) * 127.5).reshape(samples, pictures, -1)
        return images.std(dim=0).mean().item()


def _noise(like: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    """Standard normal noise of the same shape, the same numbers on every device."""
    return torch.randn(like.shape, generator=dice).to(like.device)
