"""What is drawn from a study's results: figures, and later tables and documents."""
