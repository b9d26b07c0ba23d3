"""What follows a match: evidence is preserved, a person confirms, and one report reaches the CyberTipline."""
