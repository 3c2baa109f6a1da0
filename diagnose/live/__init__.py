"""A training while it runs: its history, when to judge it, and when to speak. No framework is known here.

``Live`` is the core that the Keras callback and the adapters share.
"""

from diagnose.live.live import Live
from diagnose.live.news import News, message

__all__ = ["Live", "News", "message"]
