"""What templates of studies may call."""
