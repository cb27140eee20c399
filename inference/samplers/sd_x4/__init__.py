"""Stable Diffusion's x4 upscaler, and any other latent upscaler in its diffusers layout."""
