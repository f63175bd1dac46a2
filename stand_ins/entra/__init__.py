"""Entra ID on this machine: the platform takes its tokens on a laptop, and nowhere else."""
