"""Editions of the model catalogue, as JSON, named after the day on which they were compiled. Data only: every
entry has the date and the words of its source."""
