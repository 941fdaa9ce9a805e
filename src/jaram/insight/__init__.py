"""What a trained network made of single examples: kept with a run, drawn by its report."""
