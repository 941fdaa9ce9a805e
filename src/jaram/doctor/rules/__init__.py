"""The findings, one module per subject. A module placed here is found by itself."""
