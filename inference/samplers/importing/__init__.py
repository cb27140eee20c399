"""Taking over official checkpoints without running code from them; used by the command `import_weights` alone."""
