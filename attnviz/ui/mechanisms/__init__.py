"""Pieces of the Mechanisms page."""
