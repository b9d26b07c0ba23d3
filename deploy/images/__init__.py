"""Builds the images of deploy/Dockerfile without Docker, runs them and says how they are: python -m deploy.images"""
