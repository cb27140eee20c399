"""Making a study's report: from one consistent look at it to files, in a worker or by a command."""
