"""Looking inside a Keras model while it trains, without leaving a trace in it. Loads keras only when a model is there."""

from diagnose.inspection.inspector import Inspector

__all__ = ["Inspector"]
