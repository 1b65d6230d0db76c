"""The schema's revisions. A revision that was released is never edited."""
