"""Rows as the JSON that GitHub gives. Builders fill every field that GitHub's description requires."""
