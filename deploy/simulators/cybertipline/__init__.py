"""The CyberTipline Reporting API, played: what it documents, and everything that can go wrong on the way to it."""
