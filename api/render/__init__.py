"""Answers for people at a terminal: rich renderables that work in 80 columns and without colour."""
