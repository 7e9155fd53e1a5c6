"""Tests of the agent desk."""
