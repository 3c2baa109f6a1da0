"""Examples that hypothesis draws are the same in every run, so that a red test stays red; DIAGNOSE_FUZZ=N draws N others."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("drawn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("drawn" if os.environ.get("DIAGNOSE_FUZZ") else "same")


def pytest_configure(config):
    # of pytest-xdist: files with the fewest tests would come last, and the longest trainings are among them
    config.option.loadscopereorder = False
