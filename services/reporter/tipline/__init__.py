"""The CyberTipline Reporting API of NCMEC: what is sent, how it is sent, and what its answers mean."""
