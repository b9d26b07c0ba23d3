"""What charts/sluice holds of other folders, and what its pods run that is not in an image."""
