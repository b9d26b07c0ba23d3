"""Lists of names (living artists, public figures who opted out, minors in public life) found in texts."""
