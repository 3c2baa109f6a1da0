"""Labelled truth: real Keras trainings whose labels come from counterfactual runs, never from looks."""
