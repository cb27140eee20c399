"""Names of the ways to walk back a diffusion chain; knows no torch, so that settings can offer them."""

DDIM = "ddim"
SDE = "sde-dpmsolver++"
