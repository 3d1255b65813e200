"""Plots as PNG images, for surfaces that cannot draw."""
