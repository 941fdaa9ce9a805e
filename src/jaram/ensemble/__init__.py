"""Ensembles: trained networks that vote."""
