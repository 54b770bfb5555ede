"""Means of groups, their differences, shares, and agreement within groups."""
